#include "api/aws/in_process.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "api/aws/access.h"
#include "asl/value/utf8.h"
#include "base/hash.h"
#include "base/time.h"

namespace perdure::api {
namespace {

using executors::ServiceAnswer;
using executors::ServiceError;

// How the SDK for Java names the services, and how their answers are written on our wire.
struct SdkService {
  std::string_view sdk, wire, display;
  bool lower_case = false;  // members begin in lower case
  bool moments = false;     // numbers whose names end in Date, Time or timestamp are seconds
  // The errors that the service's model names, between spaces; empty: all but the general ones.
  std::string_view modelled{};
};
constexpr std::array<SdkService, 7> known_services = {{
    {"sfn", "states", "Sfn", true, true},
    {"lambda", "lambda", "Lambda", false, false},
    {"scheduler", "scheduler", "Scheduler", false, true},
    {"sts", "sts", "Sts", false, false},
    {"cloudwatchlogs", "logs", "CloudWatchLogs", true, false},
    {"eventbridge", "events", "EventBridge", false, true},
    {"s3", "s3", "S3", false, false,
     "BucketAlreadyExists BucketAlreadyOwnedByYou EncryptionTypeMismatch "
     "IdempotencyParameterMismatch InvalidObjectState InvalidRequest InvalidWriteOffset "
     "NoSuchBucket NoSuchKey NoSuchUpload ObjectAlreadyInActiveTierError "
     "ObjectNotInActiveTierError TooManyParts"},
}};
constexpr int64_t max_content_bytes = 64 << 20;  // of an answer that is read whole

const SdkService* known(std::string_view sdk) {
  for (const SdkService& one : known_services) {
    if (one.sdk == sdk) return &one;
  }
  return nullptr;
}

// Objects whose keys are the user's own.
constexpr std::array<std::string_view, 2> maps = {"variableReferences", "tags"};

std::string with_first(std::string_view name, char from, char to, int shift) {
  std::string out(name);
  if (!out.empty() && out[0] >= from && out[0] <= to) out[0] = char(out[0] + shift);
  return out;
}
std::string upper_first(std::string_view name) { return with_first(name, 'a', 'z', 'A' - 'a'); }
std::string lower_first(std::string_view name) { return with_first(name, 'A', 'Z', 'a' - 'A'); }

bool names_moment(std::string_view name) {
  return name.ends_with("Date") || name.ends_with("Time") || name.ends_with("imestamp");
}

Json shown(const SdkService& service, const Json& answer) {
  if (answer.is_array()) {
    Json out = Json::array();
    for (const Json& item : answer) out.push_back(shown(service, item));
    return out;
  }
  if (!answer.is_object()) return answer;
  Json out = Json::object();
  for (const auto& [name, value] : answer.items()) {
    const bool as_it_is =
        std::find(maps.begin(), maps.end(), name) != maps.end() && value.is_object();
    Json member = as_it_is ? value : shown(service, value);
    if (service.moments && value.is_number() && names_moment(name)) {
      member = iso8601_ms(std::llround(value.get<double>() * 1000));
    }
    out[service.lower_case ? upper_first(name) : name] = std::move(member);
  }
  return out;
}

// What travels beside the JSON: the body of Invoke and its headers.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> header_members = {
    {{"X-Amz-Executed-Version", "ExecutedVersion"},
     {"X-Amz-Function-Error", "FunctionError"},
     {"X-Amz-Log-Result", "LogResult"}}};

// Moments where the operation's shape says so.
Json with_moments(const Shape& shape, const Json& value) {
  if (shape.kind == ShapeKind::moment && value.is_number()) {
    return iso8601_ms(std::llround(value.get<double>() * 1000));
  }
  Json out = value;
  if (shape.kind == ShapeKind::structure && value.is_object()) {
    for (const Field& field : shape.fields) {
      const auto found = out.find(field.name);
      if (found != out.end()) *found = with_moments(field.shape, *found);
    }
  } else if ((shape.kind == ShapeKind::list || shape.kind == ShapeKind::map) &&
             value.is_structured()) {
    for (Json& one : out) one = with_moments(shape.member.front(), one);
  }
  return out;
}

// A content that comes piece by piece is the member Body: text, or base64 of what is none.
Result<> add_content(const Answer& answer, Json& out) {
  if (!answer.source) return {};
  const int64_t size = answer.source->size();
  if (size > max_content_bytes) {
    return Error{ErrorKind::too_large, "EntityTooLarge",
                 "The content is larger than what a task can read at once."};
  }
  PD_TRY(content, answer.source->read(0, size));
  out["Body"] = asl::valid_utf8(content) ? content : base64_encode(content);
  return {};
}

Result<Json> shown(const SdkService& service, const Operation& operation, const Answer& answer) {
  Json out = operation.output.fields.empty() ? shown(service, answer.json)
                                             : with_moments(operation.output, answer.json);
  PD_CHECK(add_content(answer, out));
  if (!operation.raw_body) return out;
  for (const auto& [header, value] : answer.headers) {
    for (const auto& [name, member] : header_members) {
      if (header == name) out[std::string(member)] = value;
    }
  }
  out["Payload"] = answer.payload.value_or("");
  out["StatusCode"] = answer.status != 0 ? answer.status : operation.status;
  return out;
}

int status_in(const Service& service, const Error& error) {
  const bool fault = error.kind == ErrorKind::internal || error.kind == ErrorKind::unavailable;
  const bool rest =
      service.protocol == Protocol::rest_json || service.protocol == Protocol::rest_xml;
  return rest || fault ? status_of(error) : 400;
}

bool lists(std::string_view words, std::string_view word) {
  const std::string spaced = " " + std::string(words) + " ";
  return spaced.find(" " + std::string(word) + " ") != spaced.npos;
}

ServiceAnswer refusal(const SdkService& sdk, const Service& service, const Error& error,
                      const std::string& request_id) {
  const bool general = error.kind == ErrorKind::denied || error.kind == ErrorKind::internal ||
                       error.kind == ErrorKind::unsupported ||
                       error.name == "SerializationException";
  const bool modelled = sdk.modelled.empty() ? !general : lists(sdk.modelled, error.name);
  ServiceAnswer answer;
  answer.request_id = request_id;
  // S3 has a second one, which says nothing either.
  if (sdk.sdk == "s3") answer.extended_request_id = base64_encode(request_id);
  answer.error = ServiceError{error.name, error.cause, status_in(service, error), modelled};
  return answer;
}

}  // namespace

Json fitted(const Shape& shape, const Json& given) {
  switch (shape.kind) {
    case ShapeKind::structure: {
      if (!given.is_object()) return given;
      Json out = Json::object();
      for (const Field& field : shape.fields) {
        for (const std::string& name :
             {field.name, upper_first(field.name), lower_first(field.name)}) {
          const auto found = given.find(name);
          if (found == given.end() || found->is_null()) continue;
          out[field.name] = fitted(field.shape, *found);
          break;
        }
      }
      return out;
    }
    case ShapeKind::list:
    case ShapeKind::map: {
      if (given.is_object() != (shape.kind == ShapeKind::map) || !given.is_structured()) {
        return given;
      }
      Json out = given;
      for (Json& item : out) item = fitted(shape.member.front(), item);
      return out;
    }
    case ShapeKind::text:
      return given.is_string() ? given : Json(dump_json(given));
    case ShapeKind::moment: {
      if (!given.is_string()) return given;
      const auto moment = parse_iso8601(given.get<std::string>());
      return moment ? Json(seconds(*moment)) : given;
    }
    default:
      return given;
  }
}

void InProcessServices::add(Service service) {
  for (const SdkService& one : known_services) {
    if (one.wire == service.name) services_[std::string(one.sdk)] = std::move(service);
  }
}

const Service* InProcessServices::find(std::string_view service) const {
  const auto found = services_.find(service);
  return found == services_.end() ? nullptr : &found->second;
}

const Operation* InProcessServices::find(const Service& service, std::string_view action) {
  const std::string name = upper_first(action);
  for (const Operation& operation : service.operations) {
    if (operation.name == name) return &operation;
  }
  return nullptr;
}

bool InProcessServices::has(std::string_view service, std::string_view action) const {
  const Service* found = find(service);
  return found != nullptr && find(*found, action) != nullptr;
}

std::string InProcessServices::display_name(std::string_view service) const {
  const SdkService* found = known(service);
  return found == nullptr ? "" : std::string(found->display);
}

void InProcessServices::call(const engine::Tenant& tenant, std::string_view service_name,
                             std::string_view action, const Json& parameters,
                             std::function<void(ServiceAnswer)> done) {
  const SdkService* sdk = known(service_name);
  const Service* service = find(service_name);
  const Operation* operation = service != nullptr ? find(*service, action) : nullptr;
  PD_ASSERT(sdk != nullptr && operation != nullptr);

  auto call = std::make_shared<Call>();
  call->tenant = tenant;
  call->access_key = tenant.account;
  call->request_id = ids_.next();
  call->arrived_ms = clock_.now_ms();
  call->json = fitted(operation->input, parameters);
  if (operation->raw_body) {
    const auto payload = parameters.find("Payload");
    if (payload != parameters.end() && !payload->is_null())
      call->body = fitted(text(), *payload).get<std::string>();
  }
  const std::string id = call->request_id;
  const auto refuse = [&](const Error& error) { done(refusal(*sdk, *service, error, id)); };
  if (const auto checked = check_input(operation->input, call->json); !checked) {
    return refuse(checked.error());
  }
  const Caller caller{tenant, tenant.account, id, ""};
  if (const auto access = check_access(*service, *operation, caller, call->json); !access) {
    return refuse(access.error());
  }
  operation->handler(
      call, [done = std::move(done), sdk, service, operation, id](const Result<Answer>& answer) {
        const Result<Json> output =
            answer ? shown(*sdk, *operation, *answer) : Result<Json>(answer.error());
        if (!output) return done(refusal(*sdk, *service, output.error(), id));
        ServiceAnswer told;
        told.request_id = id;
        told.output = *output;
        done(std::move(told));
      });
}

}  // namespace perdure::api

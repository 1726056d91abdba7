#include "api/aws/rest_xml_protocol.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <utility>

#include "api/aws/access.h"
#include "api/aws/stream_body.h"
#include "api/aws/xml.h"
#include "api/http/answers.h"

namespace perdure::api {

namespace {

constexpr uint64_t xml_limit_bytes = 4 << 20;
constexpr std::string_view name_space = "http://s3.amazonaws.com/doc/2006-03-01/";

// What else may stand behind a bucket or a key: a request that names one of them is not the plain
// operation.
constexpr std::string_view subresources[] = {"accelerate",     "acl",
                                             "analytics",      "attributes",
                                             "cors",           "delete",
                                             "encryption",     "intelligent-tiering",
                                             "inventory",      "legal-hold",
                                             "lifecycle",      "location",
                                             "logging",        "metadataTable",
                                             "metrics",        "notification",
                                             "object-lock",    "ownershipControls",
                                             "partNumber",     "policy",
                                             "policyStatus",   "publicAccessBlock",
                                             "renameObject",   "replication",
                                             "requestPayment", "restore",
                                             "retention",      "select",
                                             "session",        "tagging",
                                             "torrent",        "uploadId",
                                             "uploads",        "versioning",
                                             "versions",       "website"};

Error not_implemented() {
  return {ErrorKind::unsupported, "NotImplemented",
          "A header you provided implies functionality that is not implemented"};
}

int status_of_s3(const Error& error) {
  constexpr std::pair<std::string_view, int> statuses[] = {
      {"NotModified", 304},  {"MethodNotAllowed", 405}, {"PreconditionFailed", 412},
      {"InvalidRange", 416}, {"EntityTooLarge", 400},   {"MissingContentLength", 411}};
  for (const auto& [name, status] : statuses) {
    if (error.name == name) return status;
  }
  return status_of(error);
}

bool has(const QueryParameters& query, std::string_view name) {
  return std::any_of(query.begin(), query.end(),
                     [&](const auto& one) { return one.first == name; });
}

std::string_view without_port(std::string_view host) { return host.substr(0, host.find(':')); }

// Where in a host S3's own name begins; npos: it is none of S3's.
size_t s3_name_in(std::string_view host) {
  const bool ours = host.ends_with(".localhost") || host.ends_with(".localstack.cloud") ||
                    host.ends_with(".amazonaws.com");
  if (!ours) return host.npos;
  for (size_t at = 0; at != host.npos; at = host.find('.', at)) {
    if (at > 0) ++at;
    if (host.substr(at).starts_with("s3.") || host.substr(at).starts_with("s3-")) return at;
  }
  return host.npos;
}

std::string http_date(int64_t second) {
  const time_t time = second;
  tm parts{};
  gmtime_r(&time, &parts);
  char text[64];
  strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

Result<Json> typed(const Shape& shape, std::string_view text, std::string_view name) {
  if (shape.kind == ShapeKind::integer) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return Json(number);
    return invalid("InvalidArgument",
                   "Provided " + std::string(name) + " not an integer or within integer range");
  }
  if (shape.kind == ShapeKind::flag) return Json(equals_ignoring_case(text, "true"));
  return Json(std::string(text));
}

// Headers that begin with the name, by the rest of theirs in lower case.
Json read_header_map(const HttpHeaders& headers, const std::string& prefix) {
  Json map = Json::object();
  for (const auto& [name, value] : headers) {
    if (name.size() <= prefix.size() ||
        !equals_ignoring_case(std::string_view(name).substr(0, prefix.size()), prefix)) {
      continue;
    }
    std::string rest = name.substr(prefix.size());
    std::transform(rest.begin(), rest.end(), rest.begin(),
                   [](unsigned char c) { return char(std::tolower(c)); });
    // The same name twice is one value, as in any HTTP message.
    const auto known = map.find(rest);
    map[rest] = known == map.end() ? value : known->get<std::string>() + "," + value;
  }
  return map;
}

Result<> read_member(const Field& field, const HttpRequest& request, const QueryParameters& query,
                     Json& json) {
  if (field.place == Place::header && field.shape.kind == ShapeKind::map) {
    Json map = read_header_map(request.headers, field.wire_name);
    if (!map.empty()) json[field.name] = std::move(map);
  } else if (field.place == Place::header) {
    const auto value = request.headers.find(field.wire_name);
    if (!value) return {};
    PD_TRY(member, typed(field.shape, *value, field.wire_name));
    json[field.name] = std::move(member);
  } else if (field.place == Place::query) {
    for (const auto& [name, value] : query) {
      if (name != field.wire_name) continue;
      PD_TRY(member, typed(field.shape, value, name));
      json[field.name] = std::move(member);
    }
  } else if (field.place == Place::payload && !request.body.empty()) {
    PD_TRY(element, read_xml_body(request.body));
    if (element.name != field.wire_name) return read_xml_body("").error();
    PD_TRY(member, json_of_xml(field.shape, element));
    json[field.name] = std::move(member);
  } else if (field.place == Place::payload && field.required) {
    return read_xml_body("").error();
  }
  return {};
}

void write_header(const Field& field, const Json& value, HttpResponse& response) {
  if (field.shape.kind == ShapeKind::map) {
    for (const auto& [name, text] : value.items()) {
      add_header(response, field.wire_name + name, text.get<std::string>());
    }
  } else if (field.shape.kind == ShapeKind::moment) {
    add_header(response, field.wire_name, http_date(int64_t(std::floor(value.get<double>()))));
  } else {
    add_header(response, field.wire_name,
               value.is_string() ? value.get<std::string>() : dump_json(value));
  }
}

std::string document(std::string_view root, const Shape& shape, const Json& value) {
  std::string xml = R"(<?xml version="1.0" encoding="UTF-8"?>)";
  xml.append("\n<").append(root).append(" xmlns=\"").append(name_space).append("\">");
  write_xml(shape, value, xml);
  xml.append("</").append(root).append(">");
  return xml;
}

HttpResponse encode(const Operation& operation, Answer& answer, const std::string& request_id) {
  HttpResponse response;
  response.status = answer.status != 0 ? answer.status : operation.status;
  add_header(response, "x-amz-request-id", request_id);
  add_header(response, "x-amz-id-2", request_id);
  const Field* payload = nullptr;
  for (const Field& field : operation.output.fields) {
    if (field.place == Place::payload) payload = &field;
    const auto value = answer.json.find(field.name);
    if (field.place == Place::header && value != answer.json.end() && !value->is_null()) {
      write_header(field, *value, response);
    }
  }
  for (auto& [name, value] : answer.headers) add_header(response, name, value);
  if (answer.source) {
    answer_from(std::move(answer.source), response);
    return response;
  }
  if (payload != nullptr) {
    const auto value = answer.json.find(payload->name);
    const Json member = value != answer.json.end() ? *value : Json("");
    response.body = document(payload->wire_name, payload->shape, member);
  } else if (!operation.root.empty()) {
    response.body = document(operation.root, operation.output, answer.json);
  }
  if (!response.body.empty()) add_header(response, "Content-Type", "application/xml");
  return response;
}

}  // namespace

bool is_s3_host(std::string_view host) {
  return s3_name_in(without_port(host)) != std::string_view::npos;
}

std::string bucket_of_host(std::string_view host) {
  host = without_port(host);
  const size_t at = s3_name_in(host);
  if (at != host.npos) return std::string(host.substr(0, at == 0 ? 0 : at - 1));
  constexpr std::string_view local = ".localhost";
  return host.ends_with(local) ? std::string(host.substr(0, host.size() - local.size()))
                               : std::string();
}

RestXmlEndpoint::RestXmlEndpoint(Service service) : service_(std::move(service)) {
  for (const Operation& operation : service_.operations) {
    const std::string_view path = operation.path;
    const size_t question = path.find('?');
    Route route{&operation, 0, {}, 0};
    if (path.find("{Bucket}") != path.npos) route.level = 1;
    if (path.find("{Key}") != path.npos) route.level = 2;
    std::string_view rest = question == path.npos ? std::string_view() : path.substr(question + 1);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('&'), rest.size());
      route.literals.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    route.conditions = route.literals.size();
    for (const Field& field : operation.input.fields) {
      const bool told = field.place == Place::query || field.place == Place::header;
      if (told && field.required) ++route.conditions;
    }
    routes_.push_back(std::move(route));
  }
  std::stable_sort(routes_.begin(), routes_.end(),
                   [](const Route& a, const Route& b) { return a.conditions > b.conditions; });
}

Result<RestXmlEndpoint::Address> RestXmlEndpoint::address_of(const RequestHead& head) {
  Address address;
  const auto path = head.decoded_path();
  auto query = head.query_parameters();
  if (!path || !query) return invalid("InvalidURI", "Couldn't parse the specified URI.");
  address.query = std::move(*query);
  std::string_view rest = std::string_view(*path).substr(1);
  address.bucket = bucket_of_host(head.headers.get("host"));
  if (address.bucket.empty()) {
    const size_t slash = std::min(rest.find('/'), rest.size());
    address.bucket = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  address.key = rest;
  return address;
}

Result<const Operation*> RestXmlEndpoint::find(const RequestHead& head,
                                               const Address& address) const {
  const int level = address.bucket.empty() ? 0 : address.key.empty() ? 1 : 2;
  bool known = false;
  for (const Route& route : routes_) {
    if (route.level != level) continue;
    known = true;
    if (route.operation->method != head.method) continue;
    const auto given = [&](const std::string& literal) {
      const size_t equals = literal.find('=');
      if (equals == literal.npos) return has(address.query, literal);
      const std::pair<std::string, std::string> wanted(literal.substr(0, equals),
                                                       literal.substr(equals + 1));
      return std::find(address.query.begin(), address.query.end(), wanted) != address.query.end();
    };
    if (!std::all_of(route.literals.begin(), route.literals.end(), given)) continue;
    const auto& fields = route.operation->input.fields;
    const auto told = [&](const Field& field) {
      if (!field.required || field.place == Place::uri) return true;
      if (field.place == Place::query) return has(address.query, field.wire_name);
      return field.place != Place::header || head.headers.find(field.wire_name).has_value();
    };
    if (!std::all_of(fields.begin(), fields.end(), told)) continue;
    // All that the request names must be of this operation.
    for (const std::string_view name : subresources) {
      if (!has(address.query, name)) continue;
      const bool literal =
          std::any_of(route.literals.begin(), route.literals.end(),
                      [&](const std::string& l) { return l.substr(0, l.find('=')) == name; });
      const bool member = std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
        return field.place == Place::query && field.wire_name == name;
      });
      if (!literal && !member) return not_implemented();
    }
    return route.operation;
  }
  if (!known || head.method == "PUT" || head.method == "POST") return not_implemented();
  return invalid("MethodNotAllowed", "The specified method is not allowed against this resource.");
}

std::optional<BodyPlan> RestXmlEndpoint::plan_body(const RequestHead& head) const {
  BodyPlan plan;
  plan.limit_bytes = xml_limit_bytes;
  const auto address = address_of(head);
  if (!address) return plan;
  const auto operation = find(head, *address);
  if (!operation || !(*operation)->open_sink) return plan;
  plan.limit_bytes = (*operation)->sink_limit_bytes;
  plan.sink = (*operation)->open_sink(head);
  return plan;
}

Result<std::shared_ptr<Call>> RestXmlEndpoint::read(HttpRequest& request,
                                                    const Operation& operation,
                                                    const Address& address) const {
  auto call = std::make_shared<Call>();
  call->json = Json::object();
  for (const Field& field : operation.input.fields) {
    if (field.place == Place::uri) {
      call->json[field.name] = field.name == "Bucket" ? address.bucket : address.key;
    } else {
      PD_CHECK(read_member(field, request, address.query, call->json));
    }
  }
  PD_CHECK(check_input(operation.input, call->json));
  call->sink = std::move(request.sink);
  return call;
}

void RestXmlEndpoint::handle(HttpRequest request, Caller caller, Respond respond) const {
  std::string id = caller.request_id;
  const auto address = address_of(request);
  if (!address) return respond(refusal(address.error(), id, {}));
  const Json place = {{"Bucket", address->bucket}, {"Key", address->key}};
  const auto found = find(request, *address);
  if (!found) return respond(refusal(found.error(), id, place));
  const Operation& operation = **found;
  auto call = read(request, operation, *address);
  if (!call) return respond(refusal(call.error(), id, place));
  if (const auto access = check_access(service_, operation, caller, (*call)->json); !access) {
    return respond(refusal(access.error(), id, place));
  }
  (*call)->tenant = std::move(caller.tenant);
  (*call)->access_key = std::move(caller.access_key);
  (*call)->request_id = id;
  operation.handler(std::move(*call), [this, &operation, respond = std::move(respond),
                                       id = std::move(id), place](Result<Answer> answer) {
    respond(answer ? encode(operation, *answer, id) : refusal(answer.error(), id, place));
  });
}

HttpResponse RestXmlEndpoint::refusal(const Error& error, const std::string& request_id,
                                      const Json& input) const {
  HttpResponse response;
  response.status = status_of_s3(error);
  add_header(response, "x-amz-request-id", request_id);
  add_header(response, "x-amz-id-2", request_id);
  if (response.status == 503) add_header(response, "Retry-After", "1");
  if (response.status == 304) return response;
  add_header(response, "Content-Type", "application/xml");
  std::string& xml = response.body;
  const auto member = [&xml](std::string_view name, std::string_view value) {
    xml.append("<").append(name).append(">").append(xml_escaped(value));
    xml.append("</").append(name).append(">");
  };
  xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>";
  member("Code", error.name);
  member("Message", error.cause);
  if (error.name == "NoSuchKey") member("Key", input.value("Key", ""));
  if (error.name.find("Bucket") != std::string::npos) {
    member("BucketName", input.value("Bucket", ""));
  }
  member("RequestId", request_id);
  member("HostId", request_id);
  xml += "</Error>";
  return response;
}

HttpResponse RestXmlEndpoint::error_response(const Error& error,
                                             const std::string& request_id) const {
  return refusal(error, request_id, Json::object());
}

}  // namespace perdure::api

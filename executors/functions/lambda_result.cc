#include "executors/functions/lambda_result.h"

#include <fmt/format.h>
#include <time.h>

#include "asl/value/value.h"
#include "base/hash.h"

namespace perdure::executors {
namespace {

using engine::TaskAnswer;

// Step Functions' text for a failed function that names no error type.
constexpr std::string_view no_type =
    "The cause could not be determined because Lambda did not return an error type. Returned "
    "payload: ";

Error bad_parameter(std::string cause) {
  return invalid("InvalidParameterValueException", std::move(cause));
}

bool is_json(std::string_view text) {
  asl::Arena arena;
  return asl::parse_json(text, arena).has_value();
}

// Text that is JSON is what the function gets; other text reaches it as a JSON string.
std::string payload_of(const asl::Value& value) {
  using asl::Kind;
  if (!value.defined() || value.is(Kind::null)) return "{}";
  if (value.is(Kind::string) && is_json(value.as_string())) return std::string(value.as_string());
  return asl::to_json(value);
}

Result<std::string> text_member(const asl::Value& parameters, std::string_view name) {
  asl::Value value = parameters.get(name);
  if (!value.defined() || value.is(asl::Kind::null)) return std::string();
  if (!value.is(asl::Kind::string)) {
    return bad_parameter("The value of '" + std::string(name) + "' must be a string");
  }
  return std::string(value.as_string());
}

// Compact; text that is no JSON becomes a JSON string.
std::string compact(std::string_view text) {
  asl::Arena arena;
  auto value = asl::parse_json(text, arena);
  return asl::to_json(value ? *value : asl::Value::string(text));
}

std::string http_date(int64_t now_ms) {
  time_t seconds = now_ms / 1000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

std::string trace_id(int64_t now_ms, Random& random) {
  uint64_t a = random.next();
  uint64_t b = random.next();
  return fmt::format("Root=1-{:08x}-{:016x}{:08x};Parent={:016x};Sampled=0", now_ms / 1000, a,
                     static_cast<uint32_t>(b), random.next());
}

// The response of Lambda's Invoke as its Java SDK shows it; the order of the members is AWS's. In
// no value but the payload is there anything to escape.
std::string service_response(const LambdaCall& call, const InvokeResult& result, const Clock& clock,
                             Random& random) {
  const int status = call.type == InvocationType::event     ? 202
                     : call.type == InvocationType::dry_run ? 204
                                                            : 200;
  const std::string log = call.log_tail ? base64_encode(result.log_tail) : std::string();
  const auto with_log = [&](std::string_view form) {
    return call.log_tail ? fmt::format(fmt::runtime(form), log) : std::string();
  };
  const int64_t now_ms = clock.now_ms();
  return fmt::format(
      R"({{"ExecutedVersion":"{version}",{log}"Payload":{payload},"SdkHttpMetadata":{{)"
      R"("AllHttpHeaders":{{{log_list}"X-Amz-Executed-Version":["{version}"],)"
      R"("x-amzn-Remapped-Content-Length":["0"],"Connection":["keep-alive"],)"
      R"("x-amzn-RequestId":["{id}"],"Content-Length":["{length}"],"Date":["{date}"],)"
      R"("X-Amzn-Trace-Id":["{trace}"],"Content-Type":["application/json"]}},)"
      R"("HttpHeaders":{{"Connection":"keep-alive","Content-Length":"{length}",)"
      R"("Content-Type":"application/json","Date":"{date}","X-Amz-Executed-Version":"{version}",)"
      R"({log_header}"x-amzn-Remapped-Content-Length":"0","x-amzn-RequestId":"{id}",)"
      R"("X-Amzn-Trace-Id":"{trace}"}},"HttpStatusCode":{status}}},)"
      R"("SdkResponseMetadata":{{"RequestId":"{id}"}},"StatusCode":{status}}})",
      fmt::arg("version", result.executed_version), fmt::arg("id", result.request_id),
      fmt::arg("payload", status == 200 ? compact(result.payload) : R"("")"),
      fmt::arg("length", result.payload.size()), fmt::arg("date", http_date(now_ms)),
      fmt::arg("trace", trace_id(now_ms, random)), fmt::arg("status", status),
      fmt::arg("log", with_log(R"("LogResult":"{}",)")),
      fmt::arg("log_list", with_log(R"("X-Amz-Log-Result":["{}"],)")),
      fmt::arg("log_header", with_log(R"("X-Amz-Log-Result":"{}",)")));
}

engine::answer::Failed function_failure(const LambdaCall& call, const InvokeResult& result) {
  asl::Arena arena;
  auto payload = asl::parse_json(result.payload, arena);
  asl::Value type;
  if (payload && payload->is(asl::Kind::object)) type = payload->get("errorType");
  if (!type.is(asl::Kind::string) || type.as_string().empty()) {
    return {"Lambda.Unknown", std::string(no_type) + result.payload};
  }
  // A function's ARN keeps the text of its runtime, spaces included.
  return {std::string(type.as_string()), call.optimised ? compact(result.payload) : result.payload};
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return 400;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::throttled:
      return 429;
    case ErrorKind::denied:
      return 403;
    case ErrorKind::too_large:
      return 413;
    case ErrorKind::unavailable:
      return 503;
    default:
      return 500;
  }
}

Result<InvocationType> type_of(std::string_view text) {
  if (text.empty() || text == "RequestResponse") return InvocationType::request_response;
  if (text == "Event") return InvocationType::event;
  if (text == "DryRun") return InvocationType::dry_run;
  return bad_parameter("InvocationType must be RequestResponse, Event or DryRun");
}

}  // namespace

Result<LambdaCall> read_lambda_call(const asl::TaskResource& resource,
                                    std::string_view parameters) {
  LambdaCall call;
  if (resource.family == asl::TaskResource::Family::lambda_function) {
    call.function = resource.arn;
    call.payload = parameters;
    return call;
  }
  call.optimised = true;
  asl::Arena arena;
  PD_TRY(value, asl::parse_json(parameters, arena));
  if (!value.is(asl::Kind::object)) return bad_parameter("FunctionName is missing");
  PD_TRY(function, text_member(value, "FunctionName"));
  if (function.empty()) return bad_parameter("FunctionName is missing");
  PD_TRY(qualifier, text_member(value, "Qualifier"));
  PD_TRY(context, text_member(value, "ClientContext"));
  PD_TRY(type_text, text_member(value, "InvocationType"));
  PD_TRY(type, type_of(type_text));
  PD_TRY(log_type, text_member(value, "LogType"));
  auto decoded = base64_decode(context);
  if (!decoded) return invalid("InvalidRequestContentException", "Client context must be base64");
  call.function = std::move(function);
  call.qualifier = std::move(qualifier);
  call.client_context = std::move(*decoded);
  call.type = type;
  call.log_tail = log_type == "Tail";
  call.payload = payload_of(value.get("Payload"));
  return call;
}

TaskAnswer lambda_answer(const LambdaCall& call, const InvokeResult& result, const Clock& clock,
                         Random& random) {
  if (result.function_error) return function_failure(call, result);
  if (!call.optimised) return engine::answer::Succeeded{asl::Payload(compact(result.payload))};
  return engine::answer::Succeeded{asl::Payload(service_response(call, result, clock, random))};
}

TaskAnswer lambda_refusal(const Error& error, std::string_view request_id) {
  return engine::answer::Failed{
      error.kind == ErrorKind::denied ? "Lambda.AWSLambdaException" : "Lambda." + error.name,
      fmt::format("{} (Service: AWSLambda; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: "
                  "null)",
                  error.cause, status_of(error.kind), error.name, request_id)};
}

}  // namespace perdure::executors

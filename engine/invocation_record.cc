#include "engine/invocation_record.h"

#include "asl/value/value.h"
#include "base/json.h"
#include "base/time.h"

namespace perdure::engine {
namespace {

// A payload that is no JSON (a custom runtime may answer anything) is told as a text.
std::string json_of(const std::string& payload, std::string_view if_empty) {
  if (payload.empty()) return std::string(if_empty);
  asl::Arena arena;
  return asl::parse_json(payload, arena) ? payload : dump_json(payload);
}

}  // namespace

// Payloads go in as they are: a number of theirs keeps its form.
std::string invocation_record(const AsyncInvocation& invocation, std::string_view function_arn,
                              std::string_view condition, const InvocationAttempt* last,
                              int64_t now_ms) {
  const Json request = {{"requestId", invocation.request_id},
                        {"functionArn", function_arn},
                        {"condition", condition},
                        {"approximateInvokeCount", invocation.attempt}};
  std::string text = R"({"version":"1.0","timestamp":")" + iso8601_ms(now_ms) +
                     R"(","requestContext":)" + dump_json(request) + R"(,"requestPayload":)" +
                     json_of(invocation.payload, "{}");
  if (last != nullptr) {
    Json response = {{"statusCode", 200}, {"executedVersion", last->executed_version}};
    if (last->failed) response["functionError"] = "Unhandled";
    text += R"(,"responseContext":)" + dump_json(response) + R"(,"responsePayload":)" +
            json_of(last->payload, "null");
  }
  return text + "}";
}

}  // namespace perdure::engine

#include "engine/schedules/target.h"

#include <utility>

#include "asl/value/value.h"
#include "base/json.h"
#include "base/time.h"

namespace perdure::engine {
namespace {

constexpr std::string_view universal_start = "arn:aws:scheduler:::aws-sdk:sfn:startExecution";
constexpr std::string_view universal_invoke = "arn:aws:scheduler:::aws-sdk:lambda:invoke";

// What a function gets from a schedule without an Input. The detail is a text there.
std::string scheduled_event(const Schedule& schedule, const std::string& id, int64_t time_ms) {
  return dump_json({{"version", "0"},
                    {"id", id},
                    {"detail-type", "Scheduled Event"},
                    {"source", "aws.scheduler"},
                    {"account", schedule.tenant.account},
                    {"time", schedule_time(time_ms)},
                    {"region", schedule.tenant.region},
                    {"resources", {schedule.arn}},
                    {"detail", "{}"}});
}

std::string text_of(const asl::Value& value) {
  return value.is(asl::Kind::string) ? std::string(value.as_string()) : std::string();
}

// A JSON document, as a text or, where somebody has written it plainly, itself.
std::string document_of(const asl::Value& value) {
  if (value.is(asl::Kind::string)) return std::string(value.as_string());
  return value.defined() ? asl::to_json(value) : std::string();
}

Error missing(std::string_view member) {
  return invalid("ValidationException", "The Input has no " + std::string(member) + ".");
}

Result<TargetCall> start_of(StartRequest request, std::string_view input) {
  asl::Arena arena;
  PD_TRY(given, asl::parse_json(input, arena));
  request.state_machine_arn = text_of(given.get("StateMachineArn"));
  if (request.state_machine_arn.empty()) return missing("StateMachineArn");
  if (const std::string name = text_of(given.get("Name")); !name.empty()) request.name = name;
  if (std::string text = document_of(given.get("Input")); !text.empty()) {
    request.input = std::move(text);
  }
  return TargetCall(std::move(request));
}

// Whatever its InvocationType: nobody waits for the answer.
Result<TargetCall> invocation_of(AsyncInvocation invocation, std::string_view input) {
  asl::Arena arena;
  PD_TRY(given, asl::parse_json(input, arena));
  invocation.function = text_of(given.get("FunctionName"));
  if (invocation.function.empty()) return missing("FunctionName");
  if (const std::string qualifier = text_of(given.get("Qualifier")); !qualifier.empty()) {
    invocation.function += ":" + qualifier;
  }
  invocation.payload = document_of(given.get("Payload"));
  if (invocation.payload.empty()) invocation.payload = "{}";
  return TargetCall(std::move(invocation));
}

}  // namespace

std::string schedule_time(int64_t time_ms) { return iso8601_ms(time_ms).substr(0, 19) + "Z"; }

Result<TargetCall> target_call(const Schedule& schedule, const std::string& input,
                               const std::string& id, int64_t time_ms) {
  const std::string& arn = schedule.target.arn;
  AsyncInvocation invocation{.tenant = schedule.tenant, .function = arn, .request_id = id};
  if (arn == universal_invoke) return invocation_of(std::move(invocation), input);
  if (parse_arn(arn).service == "lambda") {
    invocation.payload = input.empty() ? scheduled_event(schedule, id, time_ms) : input;
    return TargetCall(std::move(invocation));
  }
  StartRequest request;
  request.tenant = schedule.tenant;
  request.name = id;
  if (arn == universal_start) return start_of(std::move(request), input);
  request.state_machine_arn = arn;
  if (!input.empty()) request.input = input;
  return TargetCall(std::move(request));
}

}  // namespace perdure::engine

#include "api/states/execution_json.h"

#include <algorithm>
#include <charconv>

#include "api/aws/operation.h"
#include "base/hash.h"
#include "base/time.h"

namespace perdure::api {

namespace {

Json moment_json(int64_t ms, Moments moments) {
  return moments == Moments::seconds ? Json(seconds(ms)) : Json(iso8601_ms(ms));
}

}  // namespace

void show_record(const engine::ExecutionRecord& record, Moments moments, Json& json) {
  json["executionArn"] = record.arn;
  json["stateMachineArn"] = record.machine_arn;
  json["name"] = record.name;
  json["status"] = record.status;
  json["startDate"] = moment_json(record.start_ms, moments);
  if (record.stop_ms != 0) json["stopDate"] = moment_json(record.stop_ms, moments);
  if (!record.version_arn.empty()) json["stateMachineVersionArn"] = record.version_arn;
  if (!record.map_run_arn.empty()) json["mapRunArn"] = record.map_run_arn;
  if (!record.alias_arn.empty()) json["stateMachineAliasArn"] = record.alias_arn;
  json["redriveCount"] = record.redrive_count;
  if (record.redrive_ms != 0) json["redriveDate"] = moment_json(record.redrive_ms, moments);
}

void show_view(const engine::ExecutionView& view, Moments moments, Json& json) {
  show_record(view.record, moments, json);
  if (view.error) json["error"] = *view.error;
  if (view.cause) json["cause"] = *view.cause;
  if (!view.trace_header.empty()) json["traceHeader"] = view.trace_header;
  const char* const by = view.record.map_run_arn.empty() ? "REDRIVABLE" : "REDRIVABLE_BY_MAP_RUN";
  json["redriveStatus"] = view.not_redrivable ? "NOT_REDRIVABLE" : by;
  if (view.not_redrivable) json["redriveStatusReason"] = *view.not_redrivable;
}

// "1763702869123 00112233445566778899aabbccddeeff"
std::string position_text(const engine::ExecutionRecord& record) {
  return std::to_string(record.start_ms) + " " + hex(record.key.bytes);
}

namespace {

int hex_digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

}  // namespace

// Of a text that position_text has written: the token's check has vouched for it.
engine::ExecutionPosition read_position(std::string_view text) {
  engine::ExecutionPosition position;
  std::from_chars(text.data(), text.data() + text.size(), position.start_ms);
  const std::string_view digits = text.substr(std::min(text.find(' ') + 1, text.size()));
  for (size_t i = 0; i < position.key.bytes.size() && 2 * i + 1 < digits.size(); ++i) {
    position.key.bytes[i] =
        static_cast<uint8_t>(hex_digit(digits[2 * i]) << 4 | hex_digit(digits[2 * i + 1]));
  }
  return position;
}

}  // namespace perdure::api

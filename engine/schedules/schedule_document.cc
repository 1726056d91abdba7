#include "engine/schedules/schedule_document.h"

namespace perdure::engine {
namespace {

Json optional_number(const std::optional<int64_t>& number) {
  return number ? Json(*number) : Json(nullptr);
}

std::optional<int64_t> number_or_nothing(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

std::string scheduler_arn(const Tenant& tenant, const std::string& rest) {
  return "arn:aws:scheduler:" + tenant.region + ":" + tenant.account + ":" + rest;
}

}  // namespace

std::string schedule_arn(const Tenant& tenant, std::string_view group, std::string_view name) {
  return scheduler_arn(tenant, "schedule/" + schedule_document_name(group, name));
}

std::string schedule_group_arn(const Tenant& tenant, std::string_view name) {
  return scheduler_arn(tenant, "schedule-group/" + std::string(name));
}

std::string schedule_document_name(std::string_view group, std::string_view name) {
  return std::string(group).append("/").append(name);
}

std::string to_document_json(const Schedule& schedule) {
  const ScheduleTarget& target = schedule.target;
  return dump_json({{"description", schedule.description},
                    {"expression", schedule.expression},
                    {"timezone", schedule.timezone},
                    {"start_ms", optional_number(schedule.start_ms)},
                    {"end_ms", optional_number(schedule.end_ms)},
                    {"enabled", schedule.enabled},
                    {"delete_after_completion", schedule.delete_after_completion},
                    {"flexible_time_window", schedule.flexible_time_window},
                    {"kms_key_arn", schedule.kms_key_arn},
                    {"created_ms", schedule.created_ms},
                    {"modified_ms", schedule.modified_ms},
                    {"target_arn", target.arn},
                    {"role_arn", target.role_arn},
                    {"input", target.input},
                    {"max_event_age_s", target.max_event_age_s},
                    {"max_retry_attempts", target.max_retry_attempts},
                    {"target", target.given}});
}

Result<Schedule> schedule_from(const Document& document) {
  PD_TRY(json, parse_json(document.json));
  const auto slash = document.name.find('/');
  if (slash == std::string::npos || !json.is_object()) {
    return internal_error("The schedule " + document.name + " cannot be read.");
  }
  const auto text = [&](const char* name) { return json.value(name, std::string()); };
  Schedule schedule;
  schedule.tenant = document.tenant;
  schedule.group = document.name.substr(0, slash);
  schedule.name = document.name.substr(slash + 1);
  schedule.arn = schedule_arn(document.tenant, schedule.group, schedule.name);
  schedule.description = text("description");
  schedule.expression = text("expression");
  schedule.timezone = text("timezone");
  schedule.start_ms = number_or_nothing(json, "start_ms");
  schedule.end_ms = number_or_nothing(json, "end_ms");
  schedule.enabled = json.value("enabled", true);
  schedule.delete_after_completion = json.value("delete_after_completion", false);
  schedule.flexible_time_window = json.value("flexible_time_window", Json::object());
  schedule.kms_key_arn = text("kms_key_arn");
  schedule.created_ms = json.value("created_ms", int64_t{0});
  schedule.modified_ms = json.value("modified_ms", int64_t{0});
  schedule.target.arn = text("target_arn");
  schedule.target.role_arn = text("role_arn");
  schedule.target.input = text("input");
  schedule.target.max_event_age_s = json.value("max_event_age_s", int64_t{86'400});
  schedule.target.max_retry_attempts = json.value("max_retry_attempts", int64_t{185});
  schedule.target.given = json.value("target", Json::object());
  schedule.revision = document.revision;
  return schedule;
}

}  // namespace perdure::engine

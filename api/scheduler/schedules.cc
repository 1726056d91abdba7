// Create, read, replace, delete and list schedules.

#include <algorithm>
#include <cmath>
#include <utility>

#include "api/scheduler/scheduler.h"
#include "api/states/names.h"

namespace perdure::api {

namespace {

using engine::Schedule;
using engine::Schedules;

std::optional<int64_t> maybe_moment(const Input& input, const char* name) {
  const Json* value = input.find(name);
  if (value == nullptr) return std::nullopt;
  return static_cast<int64_t>(std::llround(value->get<double>() * 1000));
}

std::string group_of(const Input& input) {
  return input.maybe_text("GroupName").value_or("default");
}

engine::ScheduleTarget read_target(const Json& given) {
  const Input input(given);
  engine::ScheduleTarget target;
  target.arn = input.text("Arn");
  target.role_arn = input.text("RoleArn");
  target.input = input.text("Input");
  target.given = given;
  if (const Json* retry = input.find("RetryPolicy")) {
    const Input policy(*retry);
    target.max_event_age_s = policy.integer("MaximumEventAgeInSeconds", target.max_event_age_s);
    target.max_retry_attempts = policy.integer("MaximumRetryAttempts", target.max_retry_attempts);
  }
  return target;
}

// What the shape of the request cannot say.
Result<> check_schedule(const Call& call) {
  const Input window(call.json.at("FlexibleTimeWindow"));
  if (window.text("Mode") == "FLEXIBLE" && !window.has("MaximumWindowInMinutes")) {
    return invalid("ValidationException",
                   "MaximumWindowInMinutes must be provided when Mode is FLEXIBLE.");
  }
  const auto start = maybe_moment(call.input(), "StartDate");
  const auto end = maybe_moment(call.input(), "EndDate");
  if (start && end && *end <= *start) {
    return invalid("ValidationException", "The EndDate must be after the StartDate.");
  }
  return {};
}

Schedule read_schedule(const Call& call) {
  const Input input = call.input();
  Schedule schedule;
  schedule.tenant = call.tenant;
  schedule.group = group_of(input);
  schedule.name = input.text("Name");
  schedule.description = input.text("Description");
  schedule.expression = input.text("ScheduleExpression");
  schedule.timezone = input.maybe_text("ScheduleExpressionTimezone").value_or("UTC");
  schedule.start_ms = maybe_moment(input, "StartDate");
  schedule.end_ms = maybe_moment(input, "EndDate");
  schedule.enabled = input.text("State") != "DISABLED";
  schedule.delete_after_completion = input.text("ActionAfterCompletion") == "DELETE";
  schedule.flexible_time_window = call.json.at("FlexibleTimeWindow");
  schedule.kms_key_arn = input.text("KmsKeyArn");
  schedule.target = read_target(call.json.at("Target"));
  return schedule;
}

Schedules::Done<Schedule> answer_arn(Done done) {
  return [done = std::move(done)](Result<Schedule> schedule) {
    if (!schedule) return done(schedule.error());
    done(Answer(Json::object({{"ScheduleArn", schedule->arn}})));
  };
}

Json shown_target(const engine::ScheduleTarget& target) {
  Json json = target.given;
  json["RetryPolicy"] = {{"MaximumEventAgeInSeconds", target.max_event_age_s},
                         {"MaximumRetryAttempts", target.max_retry_attempts}};
  return json;
}

Json schedule_json(const Schedule& schedule) {
  Json json = {{"ActionAfterCompletion", schedule.delete_after_completion ? "DELETE" : "NONE"},
               {"Arn", schedule.arn},
               {"CreationDate", seconds(schedule.created_ms)},
               {"FlexibleTimeWindow", schedule.flexible_time_window},
               {"GroupName", schedule.group},
               {"LastModificationDate", seconds(schedule.modified_ms)},
               {"Name", schedule.name},
               {"ScheduleExpression", schedule.expression},
               {"ScheduleExpressionTimezone", schedule.timezone},
               {"State", schedule.enabled ? "ENABLED" : "DISABLED"},
               {"Target", shown_target(schedule.target)}};
  if (!schedule.description.empty()) json["Description"] = schedule.description;
  if (schedule.start_ms) json["StartDate"] = seconds(*schedule.start_ms);
  if (schedule.end_ms) json["EndDate"] = seconds(*schedule.end_ms);
  if (!schedule.kms_key_arn.empty()) json["KmsKeyArn"] = schedule.kms_key_arn;
  return json;
}

Result<Answer> get(const Schedules& schedules, const Call& call) {
  const Input input = call.input();
  PD_TRY(schedule, schedules.find(call.tenant, group_of(input), input.text("Name")));
  return Answer(schedule_json(schedule));
}

void remove(Schedules& schedules, const Call& call, Done done) {
  const Input input = call.input();
  schedules.remove(call.tenant, group_of(input), input.text("Name"),
                   [done = std::move(done)](Result<bool> removed) {
                     if (!removed) return done(removed.error());
                     done(Answer());
                   });
}

Json summary_json(const Schedule& schedule) {
  return {{"Arn", schedule.arn},
          {"CreationDate", seconds(schedule.created_ms)},
          {"GroupName", schedule.group},
          {"LastModificationDate", seconds(schedule.modified_ms)},
          {"Name", schedule.name},
          {"State", schedule.enabled ? "ENABLED" : "DISABLED"},
          {"Target", Json::object({{"Arn", schedule.target.arn}})}};
}

bool wanted(const Schedule& schedule, const Input& input) {
  const std::string state = input.text("State");
  if (!schedule.name.starts_with(input.text("NamePrefix"))) return false;
  return state.empty() || (state == "ENABLED") == schedule.enabled;
}

Result<Answer> list(const Schedules& schedules, const Call& call) {
  const Input input = call.input();
  const std::string question = "ListSchedules " + call.tenant.account + " " + call.tenant.region +
                               " " + input.text("GroupName") + " " + input.text("NamePrefix");
  std::string after;
  if (input.has("NextToken")) {
    auto position = read_page_token(question, input.text("NextToken"));
    if (!position) return invalid("ValidationException", "The NextToken is invalid.");
    after = std::move(*position);
  }
  const auto limit = static_cast<size_t>(input.integer("MaxResults", 100));
  Json shown = Json::array();
  Json answer = Json::object();
  std::string last;
  for (const Schedule& schedule : schedules.list(call.tenant, input.text("GroupName"))) {
    const std::string position = schedule.group + "/" + schedule.name;
    // Sorted by group, then name: so are the positions, as no name holds a slash.
    const bool done = std::pair(schedule.group, schedule.name) <=
                      std::pair(after.substr(0, after.find('/')),
                                after.substr(std::min(after.find('/') + 1, after.size())));
    if ((!after.empty() && done) || !wanted(schedule, input)) continue;
    if (shown.size() == limit) {
      answer["NextToken"] = make_page_token(question, last);
      break;
    }
    shown.push_back(summary_json(schedule));
    last = position;
  }
  answer["Schedules"] = std::move(shown);
  return Answer(std::move(answer));
}

Shape target_shape() {
  Shape retry = structure({optional("MaximumEventAgeInSeconds", integer(60, 86'400)),
                           optional("MaximumRetryAttempts", integer(0, 185))});
  return structure(
      {required("Arn", text(1, 1600)),
       required("RoleArn", text(1, 1600, "arn:aws(-[a-z]+)?:iam::\\d{12}:role\\/[\\w+=,.@\\/-]+")),
       optional("Input", text(1)), optional("RetryPolicy", std::move(retry)),
       optional("DeadLetterConfig", structure({optional("Arn", text(1, 1600))}))});
}

Shape window_shape() {
  return structure({required("Mode", one_of({"OFF", "FLEXIBLE"})),
                    optional("MaximumWindowInMinutes", integer(1, 1440))});
}

Shape state_shape() { return one_of({"ENABLED", "DISABLED"}); }

Shape schedule_shape() {
  return structure(
      {in_uri("Name", schedule_name_shape()), optional("GroupName", schedule_name_shape()),
       required("ScheduleExpression", text(1, 256)),
       optional("ScheduleExpressionTimezone", text(1, 50)),
       required("FlexibleTimeWindow", window_shape()), required("Target", target_shape()),
       optional("ActionAfterCompletion", one_of({"NONE", "DELETE"})),
       optional("ClientToken", text(1, 64, "[a-zA-Z0-9-_]+")),
       optional("Description", text(0, 512)), optional("StartDate", moment()),
       optional("EndDate", moment()), optional("KmsKeyArn", text(1, 2048)),
       optional("State", state_shape())});
}

Shape one_schedule() {
  return structure({in_uri("Name", schedule_name_shape()),
                    in_query("GroupName", schedule_name_shape(), "groupName"),
                    in_query("ClientToken", text(1, 64), "clientToken")});
}

constexpr const char* path = "/schedules/{Name}";

}  // namespace

std::vector<Operation> schedule_operations(Schedules& schedules) {
  return {
      {"CreateSchedule", schedule_shape(),
       [&schedules](const auto& call, Done done) {
         if (const auto checked = check_schedule(*call); !checked) return done(checked.error());
         schedules.create(read_schedule(*call), answer_arn(std::move(done)));
       },
       "POST", path},
      {"UpdateSchedule", schedule_shape(),
       [&schedules](const auto& call, Done done) {
         if (const auto checked = check_schedule(*call); !checked) return done(checked.error());
         schedules.update(read_schedule(*call), answer_arn(std::move(done)));
       },
       "PUT", path},
      {"GetSchedule", one_schedule(),
       at_once([&schedules](const Call& call) { return get(schedules, call); }), "GET", path},
      {"DeleteSchedule", one_schedule(),
       [&schedules](const auto& call, Done done) { remove(schedules, *call, std::move(done)); },
       "DELETE", path},
      {"ListSchedules",
       structure({in_query("GroupName", schedule_name_shape(), "ScheduleGroup"),
                  in_query("MaxResults", integer(1, 100), "MaxResults"),
                  in_query("NamePrefix", schedule_name_shape(), "NamePrefix"),
                  in_query("NextToken", text(1, 2048), "NextToken"),
                  in_query("State", state_shape(), "State")}),
       at_once([&schedules](const Call& call) { return list(schedules, call); }), "GET",
       "/schedules"},
  };
}

}  // namespace perdure::api

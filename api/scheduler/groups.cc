// Groups of schedules.

#include <algorithm>
#include <utility>

#include "api/scheduler/scheduler.h"
#include "api/states/names.h"

namespace perdure::api {

namespace {

using engine::ScheduleGroup;
using engine::Schedules;

Json group_json(const ScheduleGroup& group) {
  return {{"Arn", group.arn},
          {"CreationDate", seconds(group.created_ms)},
          {"LastModificationDate", seconds(group.created_ms)},
          {"Name", group.name},
          {"State", "ACTIVE"}};
}

Result<Answer> get(const Schedules& schedules, const Call& call) {
  const std::string name = call.input().text("Name");
  for (const ScheduleGroup& group : schedules.groups(call.tenant)) {
    if (group.name == name) return Answer(group_json(group));
  }
  return Error{ErrorKind::not_found, "ResourceNotFoundException",
               "Schedule group " + name + " does not exist."};
}

Result<Answer> list(const Schedules& schedules, const Call& call) {
  const Input input = call.input();
  const std::string question = "ListScheduleGroups " + call.tenant.account + " " +
                               call.tenant.region + " " + input.text("NamePrefix");
  std::string after;
  if (input.has("NextToken")) {
    auto position = read_page_token(question, input.text("NextToken"));
    if (!position) return invalid("ValidationException", "The NextToken is invalid.");
    after = std::move(*position);
  }
  const auto limit = static_cast<size_t>(input.integer("MaxResults", 100));
  Json answer = Json::object();
  Json shown = Json::array();
  for (const ScheduleGroup& group : schedules.groups(call.tenant)) {
    if (group.name <= after || !group.name.starts_with(input.text("NamePrefix"))) continue;
    if (shown.size() == limit) {
      answer["NextToken"] = make_page_token(question, shown.back().at("Name").get<std::string>());
      break;
    }
    shown.push_back(group_json(group));
  }
  answer["ScheduleGroups"] = std::move(shown);
  return Answer(std::move(answer));
}

Shape one_group() {
  return structure(
      {in_uri("Name", schedule_name_shape()), in_query("ClientToken", text(1, 64), "clientToken")});
}

constexpr const char* path = "/schedule-groups/{Name}";

}  // namespace

std::vector<Operation> group_operations(Schedules& schedules) {
  return {
      {"CreateScheduleGroup", one_group(),
       [&schedules](const auto& call, Done done) {
         schedules.create_group(call->tenant, call->input().text("Name"),
                                [done](Result<ScheduleGroup> group) {
                                  if (!group) return done(group.error());
                                  done(Answer(Json::object({{"ScheduleGroupArn", group->arn}})));
                                });
       },
       "POST", path},
      {"GetScheduleGroup", one_group(),
       at_once([&schedules](const Call& call) { return get(schedules, call); }), "GET", path},
      {"DeleteScheduleGroup", one_group(),
       [&schedules](const auto& call, Done done) {
         schedules.remove_group(call->tenant, call->input().text("Name"),
                                [done](Result<bool> removed) {
                                  if (!removed) return done(removed.error());
                                  done(Answer());
                                });
       },
       "DELETE", path},
      {"ListScheduleGroups",
       structure({in_query("MaxResults", integer(1, 100), "MaxResults"),
                  in_query("NamePrefix", schedule_name_shape(), "NamePrefix"),
                  in_query("NextToken", text(1, 2048), "NextToken")}),
       at_once([&schedules](const Call& call) { return list(schedules, call); }), "GET",
       "/schedule-groups"},
  };
}

}  // namespace perdure::api

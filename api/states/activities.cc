// Activities: what they are called, and their workers' long poll.

#include <algorithm>
#include <utility>

#include "api/states/names.h"
#include "api/states/paging.h"
#include "api/states/settings.h"
#include "api/states/states.h"

namespace perdure::api {

namespace {

using executors::Activities;
using executors::Activity;
using executors::ActivityTask;

Json shown(const Activity& activity) {
  return {{"activityArn", activity.arn}, {"creationDate", seconds(activity.created_ms)}};
}

Json encryption_in(const Json& settings) {
  return settings.value("encryptionConfiguration", Json{{"type", "AWS_OWNED_KEY"}});
}

void create(Activities& activities, const Call& call, const Done& done) {
  const Input input = call.input();
  Activity activity;
  activity.tenant = call.tenant;
  activity.name = input.text("name");
  if (const auto named = check_name(activity.name); !named) return done(named.error());
  activity.arn = engine::activity_arn(call.tenant, activity.name);
  auto settings = read_settings(call.json, nullptr);
  if (!settings) return done(settings.error());
  const Json wanted = encryption_in(*settings);
  activity.settings = std::move(*settings);
  activities.create(std::move(activity), [wanted, done](Result<Activity> created) {
    if (!created) return done(created.error());
    // The same name again is the same activity, unless its data would be encrypted otherwise.
    if (encryption_in(created->settings) != wanted) {
      return done(Error{ErrorKind::conflict, "ActivityAlreadyExists",
                        "Activity Already Exists: '" + created->arn + "'"});
    }
    done(Answer(shown(*created)));
  });
}

Result<Answer> describe(const Activities& activities, const Call& call) {
  const std::string arn = call.input().text("activityArn");
  PD_CHECK(check_arn(arn, "activity"));
  const auto activity = activities.find(arn);
  if (!activity) return activity_does_not_exist(arn);
  Json json = shown(*activity);
  json["name"] = activity->name;
  json["encryptionConfiguration"] = encryption_in(activity->settings);
  return Answer(std::move(json));
}

void remove(Activities& activities, const Call& call, const Done& done) {
  const std::string arn = call.input().text("activityArn");
  if (const auto checked = check_arn(arn, "activity"); !checked) return done(checked.error());
  activities.remove(arn, [done](Result<Activity> removed) {
    if (!removed) return done(removed.error());
    done(Answer());
  });
}

Result<Answer> list(const Activities& activities, const Call& call) {
  PD_TRY(paging,
         read_paging(call, "ListActivities " + call.tenant.account + " " + call.tenant.region));
  return answer_page(
      paging, "activities", activities.list(call.tenant),
      [](const Activity& activity) { return activity.name; },
      [](const Activity& activity) {
        Json item = shown(activity);
        item["name"] = activity.name;
        return item;
      });
}

void next_task(Activities& activities, const Call& call, const Done& done) {
  const Input input = call.input();
  const std::string arn = input.text("activityArn");
  if (const auto checked = check_arn(arn, "activity"); !checked) return done(checked.error());
  activities.next_task(arn, input.text("workerName"), [done](Result<ActivityTask> task) {
    if (!task) return done(task.error());
    if (task->token.empty()) return done(Answer(Json{{"taskToken", nullptr}}));
    done(Answer(Json{{"taskToken", task->token}, {"input", task->input}}));
  });
}

}  // namespace

std::vector<Operation> activity_operations(const StatesParts& parts) {
  if (parts.activities == nullptr) return {};
  Activities& activities = *parts.activities;
  return {
      {"CreateActivity",
       structure({required("name", name_shape()), optional("tags", tags_shape()),
                  optional("encryptionConfiguration", encryption_shape())}),
       [&activities](const auto& call, const Done& done) { create(activities, *call, done); }},
      {"DescribeActivity", structure({required("activityArn", arn_shape())}),
       at_once([&activities](const Call& call) { return describe(activities, call); })},
      {"DeleteActivity", structure({required("activityArn", arn_shape())}),
       [&activities](const auto& call, const Done& done) { remove(activities, *call, done); }},
      {"ListActivities",
       structure({optional("maxResults", page_size_shape()), optional("nextToken", text(1, 1024))}),
       at_once([&activities](const Call& call) { return list(activities, call); })},
      {"GetActivityTask",
       structure({required("activityArn", arn_shape()), optional("workerName", name_shape())}),
       [&activities](const auto& call, const Done& done) { next_task(activities, *call, done); }},
  };
}

}  // namespace perdure::api

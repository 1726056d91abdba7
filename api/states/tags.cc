// Tags of state machines and activities.

#include <utility>

#include "api/states/names.h"
#include "api/states/settings.h"
#include "api/states/states.h"

namespace perdure::api {

namespace {

Error resource_not_found(const std::string& arn) {
  return {ErrorKind::not_found, "ResourceNotFound", "Resource not found: '" + arn + "'"};
}

bool is_activity(const std::string& arn) { return check_arn(arn, "activity").has_value(); }

Json tags_in(const Json& settings) {
  const auto tags = settings.find("tags");
  return tags == settings.end() ? Json::array() : *tags;
}

Result<Json> find_tags(const StatesParts& parts, const std::string& arn) {
  if (is_activity(arn)) {
    const auto activity = parts.activities ? parts.activities->find(arn) : std::nullopt;
    if (!activity) return resource_not_found(arn);
    return tags_in(activity->settings);
  }
  PD_CHECK(check_arn(arn, "stateMachine"));
  const auto record = parts.engine.state_machines().find(arn);
  if (!record) return resource_not_found(arn);
  return tags_in(record->settings);
}

template <class Changed>
auto empty_answer(Done done) {
  return [done = std::move(done)](Result<Changed> changed) {
    if (!changed) return done(changed.error());
    done(Answer());
  };
}

void store_tags(const StatesParts& parts, const std::string& arn, Json tags, const Done& done) {
  if (is_activity(arn)) {
    auto activity = parts.activities->find(arn);
    if (!activity) return done(resource_not_found(arn));
    activity->settings["tags"] = std::move(tags);
    return parts.activities->update(std::move(*activity), empty_answer<executors::Activity>(done));
  }
  engine::StateMachines::Update update;
  update.settings = {{"tags", std::move(tags)}};
  parts.engine.state_machines().update(arn, std::move(update),
                                       empty_answer<engine::StateMachineRecord>(done));
}

void tag(const StatesParts& parts, const Call& call, const Done& done) {
  const std::string arn = call.input().text("resourceArn");
  auto tags = find_tags(parts, arn);
  if (!tags) return done(tags.error());
  Json merged = merge_tags(*tags, call.json.at("tags"));
  if (merged.size() > max_tags) return done(too_many_tags(arn));
  store_tags(parts, arn, std::move(merged), done);
}

void untag(const StatesParts& parts, const Call& call, const Done& done) {
  const std::string arn = call.input().text("resourceArn");
  auto tags = find_tags(parts, arn);
  if (!tags) return done(tags.error());
  store_tags(parts, arn, without_tags(*tags, call.json.at("tagKeys")), done);
}

Result<Answer> list_tags(const StatesParts& parts, const Call& call) {
  PD_TRY(tags, find_tags(parts, call.input().text("resourceArn")));
  return Answer(Json::object({{"tags", std::move(tags)}}));
}

}  // namespace

std::vector<Operation> tag_operations(const StatesParts& parts) {
  return {
      {"ListTagsForResource", structure({required("resourceArn", arn_shape())}),
       at_once([parts](const Call& call) { return list_tags(parts, call); })},
      {"TagResource",
       structure({required("resourceArn", arn_shape()), required("tags", tags_shape())}),
       [parts](const auto& call, const Done& done) { tag(parts, *call, done); }},
      {"UntagResource",
       structure(
           {required("resourceArn", arn_shape()), required("tagKeys", list_of(text(1, 128)))}),
       [parts](const auto& call, const Done& done) { untag(parts, *call, done); }},
  };
}

}  // namespace perdure::api

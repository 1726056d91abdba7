// Tags of state machines.

#include <utility>

#include "api/states/names.h"
#include "api/states/settings.h"
#include "api/states/states.h"

namespace perdure::api {

namespace {

Error resource_not_found(const std::string& arn) {
  return {ErrorKind::not_found, "ResourceNotFound", "Resource not found: '" + arn + "'"};
}

Result<Json> find_tags(engine::Engine& engine, const std::string& arn) {
  PD_CHECK(check_arn(arn, "stateMachine"));
  const auto record = engine.state_machines().find(arn);
  if (!record) return resource_not_found(arn);
  const auto tags = record->settings.find("tags");
  return tags == record->settings.end() ? Json::array() : *tags;
}

void store_tags(engine::Engine& engine, const std::string& arn, Json tags, const Done& done) {
  engine::StateMachines::Update update;
  update.settings = {{"tags", std::move(tags)}};
  engine.state_machines().update(arn, std::move(update),
                                 [done](Result<engine::StateMachineRecord> updated) {
                                   if (!updated) return done(updated.error());
                                   done(Answer());
                                 });
}

void tag(engine::Engine& engine, const Call& call, const Done& done) {
  const std::string arn = call.input().text("resourceArn");
  auto tags = find_tags(engine, arn);
  if (!tags) return done(tags.error());
  Json merged = merge_tags(*tags, call.json.at("tags"));
  if (merged.size() > max_tags) return done(too_many_tags(arn));
  store_tags(engine, arn, std::move(merged), done);
}

void untag(engine::Engine& engine, const Call& call, const Done& done) {
  const std::string arn = call.input().text("resourceArn");
  auto tags = find_tags(engine, arn);
  if (!tags) return done(tags.error());
  store_tags(engine, arn, without_tags(*tags, call.json.at("tagKeys")), done);
}

Result<Answer> list_tags(engine::Engine& engine, const Call& call) {
  PD_TRY(tags, find_tags(engine, call.input().text("resourceArn")));
  return Answer(Json::object({{"tags", std::move(tags)}}));
}

}  // namespace

std::vector<Operation> tag_operations(const StatesParts& parts) {
  engine::Engine& engine = parts.engine;
  return {
      {"ListTagsForResource", structure({required("resourceArn", arn_shape())}),
       at_once([&engine](const Call& call) { return list_tags(engine, call); })},
      {"TagResource",
       structure({required("resourceArn", arn_shape()), required("tags", tags_shape())}),
       [&engine](const auto& call, const Done& done) { tag(engine, *call, done); }},
      {"UntagResource",
       structure(
           {required("resourceArn", arn_shape()), required("tagKeys", list_of(text(1, 128)))}),
       [&engine](const auto& call, const Done& done) { untag(engine, *call, done); }},
  };
}

}  // namespace perdure::api

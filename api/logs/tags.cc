// Tags of log groups, by ARN and, as older clients ask, by name.

#include <utility>

#include "api/logs/logs.h"

namespace perdure::api {

namespace {

using engine::LogGroup;

constexpr size_t most_tags = 50;

// Of a group that exists: of its ARN, or of its name.
Result<std::string> tagged_group(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  const auto arn = input.maybe_text("resourceArn");
  const std::string group = arn ? group_of_identifier(*arn) : input.text("logGroupName");
  if (!parts.groups.exists(call.tenant, group)) return engine::no_log_group();
  return group;
}

void change_tags(const LogsParts& parts, const Call& call,
                 const std::function<Result<>(LogGroup&)>& change, Done done) {
  const auto group = tagged_group(parts, call);
  if (!group) return done(group.error());
  parts.groups.change(call.tenant, *group, change, answer_nothing(std::move(done)));
}

void tag(const LogsParts& parts, const Call& call, Done done) {
  const Json& given = call.json.at("tags");
  const auto add = [&](LogGroup& group) -> Result<> {
    for (const auto& [key, value] : given.items()) group.tags[key] = value.get<std::string>();
    if (group.tags.size() <= most_tags) return {};
    return invalid("TooManyTagsException",
                   "Resource has too many tags. A resource can have no more than 50 tags");
  };
  change_tags(parts, call, add, std::move(done));
}

void untag(const LogsParts& parts, const Call& call, const char* member, Done done) {
  const Json& keys = call.json.at(member);
  const auto remove = [&](LogGroup& group) -> Result<> {
    for (const Json& key : keys) group.tags.erase(key.get<std::string>());
    return {};
  };
  change_tags(parts, call, remove, std::move(done));
}

Result<Answer> list(const LogsParts& parts, const Call& call) {
  PD_TRY(name, tagged_group(parts, call));
  const auto group = parts.groups.find(call.tenant, name);
  return Answer(Json{{"tags", group ? Json(group->tags) : Json::object()}});
}

}  // namespace

std::vector<Operation> log_tag_operations(const LogsParts& parts) {
  const Field arn = required("resourceArn", text(1, 1011, "[\\w+=/:,.@*-]*"));
  const Field name = required("logGroupName", log_group_shape());
  const Field tags = required("tags", map_of(text(0, 256), most_tags));
  const Shape keys = list_of(text(1, 128), 0, most_tags);
  const auto add = [parts](const auto& call, Done done) { tag(parts, *call, std::move(done)); };
  const auto remove = [parts](const char* member) {
    return [parts, member](const auto& call, Done done) {
      untag(parts, *call, member, std::move(done));
    };
  };
  const auto show = at_once([parts](const Call& call) { return list(parts, call); });
  return {{"TagResource", structure({arn, tags}), add},
          {"UntagResource", structure({arn, required("tagKeys", keys)}), remove("tagKeys")},
          {"ListTagsForResource", structure({arn}), show},
          {"TagLogGroup", structure({name, tags}), add},
          {"UntagLogGroup", structure({name, required("tags", keys)}), remove("tags")},
          {"ListTagsLogGroup", structure({name}), show}};
}

}  // namespace perdure::api

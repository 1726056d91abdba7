// Log groups: create, keep, describe, delete.

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "api/logs/logs.h"
#include "api/states/names.h"

namespace perdure::api {

namespace {

using engine::LogGroup;

// As PutRetentionPolicy's reference lists them.
constexpr std::array<int64_t, 22> retention_days = {1,    3,    5,    7,    14,   30,  60,  90,
                                                    120,  150,  180,  365,  400,  545, 731, 1096,
                                                    1827, 2192, 2557, 2922, 3288, 3653};

Json group_json(const engine::Tenant& tenant, const LogGroup& group) {
  const std::string arn = log_group_arn(tenant, group.name);
  Json json = {{"logGroupName", group.name},  {"arn", arn + ":*"},      {"logGroupArn", arn},
               {"logGroupClass", "STANDARD"}, {"metricFilterCount", 0}, {"storedBytes", 0}};
  json.update(group.shown);
  if (group.created_ms > 0) json["creationTime"] = group.created_ms;
  if (group.retention_days > 0) json["retentionInDays"] = group.retention_days;
  return json;
}

// Of one that nobody has created, functions just write to it: the time of its first line.
Result<LogGroup> with_age(const LogsParts& parts, const engine::Tenant& tenant, LogGroup group) {
  if (group.created_ms > 0) return group;
  engine::LogQuery query;
  query.tenant = tenant;
  query.group = group.name;
  query.limit = 1;
  PD_TRY(lines, parts.logs.read(query));
  if (!lines.empty()) group.created_ms = lines.front().time_ms;
  return group;
}

// Which groups a call asks for.
Result<std::function<bool(const LogGroup&)>> read_wanted(const Input& input) {
  const std::string prefix = input.text("logGroupNamePrefix");
  const std::string part = input.text("logGroupNamePattern");
  if (!prefix.empty() && !part.empty()) {
    return invalid_log_parameter(
        "LogGroupNamePrefix and LogGroupNamePattern are mutually exclusive parameters.");
  }
  std::set<std::string> named;
  if (const Json* given = input.find("logGroupIdentifiers")) {
    for (const Json& each : *given) named.insert(group_of_identifier(each.get<std::string>()));
  }
  return std::function<bool(const LogGroup&)>(
      [prefix, part, named, of_class = input.text("logGroupClass")](const LogGroup& group) {
        return group.name.starts_with(prefix) && group.name.find(part) != std::string::npos &&
               (named.empty() || named.contains(group.name)) &&
               (of_class.empty() || of_class == group.shown.value("logGroupClass", "STANDARD"));
      });
}

Result<Answer> describe_groups(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  PD_TRY(wanted, read_wanted(input));
  const std::string question = "DescribeLogGroups " + call.tenant.account + " " +
                               call.tenant.region + " " + input.text("logGroupNamePrefix") + " " +
                               input.text("logGroupNamePattern");
  std::string after;
  if (input.has("nextToken")) {
    auto position = read_page_token(question, input.text("nextToken"));
    if (!position) return invalid_log_parameter("The specified nextToken is invalid.");
    after = std::move(*position);
  }
  const auto limit = static_cast<size_t>(input.integer("limit", 50));
  Json groups = Json::array();
  Json answer = Json::object();
  for (const LogGroup& group : parts.groups.list(call.tenant)) {
    const std::string& name = group.name;
    if (name <= after || !wanted(group)) continue;
    if (groups.size() == limit) {
      const auto last = groups.back().at("logGroupName").get<std::string>();
      answer["nextToken"] = make_page_token(question, last);
      break;
    }
    PD_TRY(aged, with_age(parts, call.tenant, group));
    groups.push_back(group_json(call.tenant, aged));
  }
  answer["logGroups"] = std::move(groups);
  return Answer(std::move(answer));
}

void create(const LogsParts& parts, const Call& call, const Done& done) {
  const Input input = call.input();
  LogGroup group{input.text("logGroupName")};
  if (const Json* tags = input.find("tags")) group.tags = tags->get<decltype(group.tags)>();
  for (const char* name : {"kmsKeyId", "logGroupClass"}) {
    if (const Json* value = input.find(name)) group.shown[name] = *value;
  }
  parts.groups.create(call.tenant, std::move(group), answer_nothing(done));
}

void keep(const LogsParts& parts, const Call& call, const Done& done) {
  const int64_t days = call.input().integer("retentionInDays");
  if (days != 0 &&
      std::find(retention_days.begin(), retention_days.end(), days) == retention_days.end()) {
    return done(
        invalid_log_parameter("Invalid retention value. Valid values are: [1, 3, 5, 7, 14, "
                              "30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, "
                              "2192, 2557, 2922, 3288, 3653]"));
  }
  parts.groups.set_retention(call.tenant, call.input().text("logGroupName"), days,
                             answer_nothing(done));
}

Shape group_class_shape() { return one_of({"STANDARD", "INFREQUENT_ACCESS", "DELIVERY"}); }

std::vector<Operation> retention_operations(const LogsParts& parts) {
  return {{"PutRetentionPolicy",
           structure({required("logGroupName", log_group_shape()),
                      required("retentionInDays", integer(1))}),
           [parts](const auto& call, const Done& done) { keep(parts, *call, done); }},
          {"DeleteRetentionPolicy", structure({required("logGroupName", log_group_shape())}),
           [parts](const auto& call, const Done& done) { keep(parts, *call, done); }}};
}

}  // namespace

std::vector<Operation> log_group_operations(const LogsParts& parts) {
  std::vector<Operation> rows = retention_operations(parts);
  rows.push_back(
      {"CreateLogGroup",
       structure({required("logGroupName", log_group_shape()), optional("kmsKeyId", text(0, 256)),
                  optional("tags", map_of(text(0, 256), 50)),
                  optional("logGroupClass", group_class_shape())}),
       [parts](const auto& call, const Done& done) { create(parts, *call, done); }});
  rows.push_back({"DeleteLogGroup", structure({required("logGroupName", log_group_shape())}),
                  [parts](const auto& call, const Done& done) {
                    parts.groups.remove(call->tenant, call->input().text("logGroupName"),
                                        answer_nothing(done));
                  }});
  rows.push_back({"DescribeLogGroups",
                  structure({optional("logGroupNamePrefix", log_group_shape()),
                             optional("logGroupNamePattern", text(0, 512)),
                             optional("logGroupIdentifiers", list_of(text(1, 2048), 1, 50)),
                             optional("logGroupClass", group_class_shape()),
                             optional("nextToken", text(1)), optional("limit", integer(1, 50))}),
                  at_once([parts](const Call& call) { return describe_groups(parts, call); })});
  return rows;
}

}  // namespace perdure::api

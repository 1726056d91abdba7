#include "api/logs/logs.h"

#include <iterator>
#include <utility>

namespace perdure::api {

Error invalid_log_parameter(std::string text) {
  return invalid("InvalidParameterException", std::move(text));
}

std::string log_group_arn(const engine::Tenant& tenant, const std::string& group) {
  return "arn:aws:logs:" + tenant.region + ":" + tenant.account + ":log-group:" + group;
}

Result<std::string> read_log_group(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  std::string group = input.text("logGroupName");
  if (group.empty()) group = input.text("logGroupIdentifier");
  constexpr std::string_view marker = ":log-group:";
  if (const size_t at = group.find(marker); group.starts_with("arn:") && at != std::string::npos) {
    group.erase(0, at + marker.size());
    if (group.ends_with(":*")) group.erase(group.size() - 2);
  }
  if (group.empty()) {
    return invalid_log_parameter("Please provide a log group name or identifier");
  }
  if (!parts.groups.exists(call.tenant, group)) return engine::no_log_group();
  return group;
}

std::function<void(Result<>)> answer_nothing(Done done) {
  return [done = std::move(done)](Result<> result) {
    if (!result) return done(std::move(result).error());
    done(Answer());
  };
}

Shape log_group_shape() { return text(1, 512, "[\\.\\-_/#A-Za-z0-9]+"); }
Shape log_stream_shape() { return text(1, 512, "[^:*]*"); }

std::vector<Field> log_group_fields(std::vector<Field> more) {
  more.push_back(optional("logGroupName", log_group_shape()));
  more.push_back(optional("logGroupIdentifier", text(1, 2048)));
  return more;
}

Service logs_service(const LogsParts& parts) {
  Service service{"logs", Protocol::json, "1.1", "Logs_20140328", {}};
  for (auto* group : {&log_group_operations, &log_stream_operations, &log_event_operations}) {
    std::vector<Operation> rows = group(parts);
    std::move(rows.begin(), rows.end(), std::back_inserter(service.operations));
  }
  return service;
}

}  // namespace perdure::api

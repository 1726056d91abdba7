#include "api/logs/logs.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "api/states/names.h"

namespace perdure::api {

Error invalid_log_parameter(std::string text) {
  return invalid("InvalidParameterException", std::move(text));
}

std::string log_group_arn(const engine::Tenant& tenant, const std::string& group) {
  return "arn:aws:logs:" + tenant.region + ":" + tenant.account + ":log-group:" + group;
}

Error no_log_stream() {
  return {ErrorKind::not_found, "ResourceNotFoundException",
          "The specified log stream does not exist."};
}

std::string group_of_identifier(std::string identifier) {
  constexpr std::string_view marker = ":log-group:";
  const size_t at = identifier.find(marker);
  if (!identifier.starts_with("arn:") || at == std::string::npos) return identifier;
  identifier.erase(0, at + marker.size());
  if (identifier.ends_with(":*")) identifier.erase(identifier.size() - 2);
  return identifier;
}

Result<std::string> read_log_group(const LogsParts& parts, const Call& call) {
  const Input input = call.input();
  std::string group = input.text("logGroupName");
  if (group.empty()) group = group_of_identifier(input.text("logGroupIdentifier"));
  if (group.empty()) {
    return invalid_log_parameter("Please provide a log group name or identifier");
  }
  if (!parts.groups.exists(call.tenant, group)) return engine::no_log_group();
  return group;
}

Result<bool> has_log_stream(const LogsParts& parts, const engine::Tenant& tenant,
                            const std::string& group, const std::string& stream) {
  if (parts.groups.has_stream(tenant, group, stream)) return true;
  engine::LogQuery query;
  query.tenant = tenant;
  query.group = group;
  query.stream = stream;
  query.limit = 1;
  query.from_ms = parts.groups.oldest_ms(tenant, group);
  PD_TRY(lines, parts.logs.read(query));
  return !lines.empty();
}

Result<uint64_t> read_log_token(const std::string& question, const Input& input,
                                uint64_t otherwise) {
  if (!input.has("nextToken")) return otherwise;
  const auto text = read_page_token(question, input.text("nextToken"));
  if (!text) return invalid_log_parameter("The specified nextToken is invalid.");
  uint64_t position = 0;
  std::from_chars(text->data(), text->data() + text->size(), position);
  return position;
}

engine::LogQuery log_query(const LogsParts& parts, const Call& call, const std::string& group) {
  const Input input = call.input();
  engine::LogQuery query;
  query.tenant = call.tenant;
  query.group = group;
  query.from_ms = std::max(input.integer("startTime"), parts.groups.oldest_ms(call.tenant, group));
  query.to_ms = input.integer("endTime", INT64_MAX);
  query.limit = static_cast<size_t>(input.integer("limit", 10'000));
  query.limit_bytes = 1 << 20;
  return query;
}

bool is_full(const engine::LogQuery& query, const std::vector<engine::LogLine>& lines) {
  size_t bytes = 0;
  for (const engine::LogLine& line : lines) bytes += line.message.size();
  return lines.size() >= query.limit || bytes >= query.limit_bytes;
}

Json log_line_json(const engine::LogLine& line) {
  return {{"timestamp", line.time_ms}, {"ingestionTime", line.time_ms}, {"message", line.message}};
}

std::vector<Field> log_read_fields(std::vector<Field> more) {
  std::vector<Field> fields = log_group_fields(std::move(more));
  for (const char* name : {"startTime", "endTime"}) fields.push_back(optional(name, integer(0)));
  fields.push_back(optional("limit", integer(1, 10'000)));
  fields.push_back(optional("nextToken", text(1)));
  return fields;
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
  for (auto* group : {&log_group_operations, &log_stream_operations, &log_event_operations,
                      &log_filter_operations, &log_tag_operations, &live_tail_operations,
                      &absent_log_operations}) {
    std::vector<Operation> rows = group(parts);
    std::move(rows.begin(), rows.end(), std::back_inserter(service.operations));
  }
  return service;
}

}  // namespace perdure::api

#pragma once
// CloudWatch Logs: functions and executions write lines, callers may too.

#include <functional>
#include <string>
#include <vector>

#include "api/aws/operation.h"
#include "base/clock.h"
#include "base/runner.h"
#include "engine/log_groups.h"
#include "engine/logs.h"

namespace perdure::api {

// All outlive the service.
struct LogsParts {
  engine::Logs& logs;
  engine::LogGroups& groups;
  const Clock& clock;
  Runner& runner;                     // of live tails
  std::function<bool()> serves = {};  // false once the server is to end; empty: always true
};

Service logs_service(const LogsParts& parts);

// One table for each kind of thing; logs_service puts them together.
std::vector<Operation> log_group_operations(const LogsParts& parts);
std::vector<Operation> log_stream_operations(const LogsParts& parts);
std::vector<Operation> log_event_operations(const LogsParts& parts);
std::vector<Operation> log_filter_operations(const LogsParts& parts);
std::vector<Operation> log_tag_operations(const LogsParts& parts);
std::vector<Operation> live_tail_operations(const LogsParts& parts);
std::vector<Operation> absent_log_operations(const LogsParts& parts);

// What several tables use.
Error invalid_log_parameter(std::string text);
std::string log_group_arn(const engine::Tenant& tenant, const std::string& group);
Error no_log_stream();
// The group's name, of a group that exists; an identifier may be its ARN.
Result<std::string> read_log_group(const LogsParts& parts, const Call& call);
// "arn:aws:logs:R:A:log-group:NAME", with ":*" behind it or not, or the name.
std::string group_of_identifier(std::string identifier);
// One that somebody has created, or that has lines.
Result<bool> has_log_stream(const LogsParts& parts, const engine::Tenant& tenant,
                            const std::string& group, const std::string& stream);
// Where a page begins: what the token of `question` says, else `otherwise`.
Result<uint64_t> read_log_token(const std::string& question, const Input& input,
                                uint64_t otherwise = 0);
// A page of at most as many lines as the call wants, and at most 1 MiB of them, as AWS answers;
// none that is past the group's retention.
engine::LogQuery log_query(const LogsParts& parts, const Call& call, const std::string& group);
bool is_full(const engine::LogQuery& query, const std::vector<engine::LogLine>& lines);
Json log_line_json(const engine::LogLine& line);
std::vector<Field> log_read_fields(std::vector<Field> more);  // of both that read lines
std::function<void(Result<>)> answer_nothing(Done done);
Shape log_group_shape();
Shape log_stream_shape();
std::vector<Field> log_group_fields(std::vector<Field> more);  // by name or identifier

}  // namespace perdure::api

#pragma once
// CloudWatch Logs: functions and executions write lines, callers may too.

#include <functional>
#include <string>
#include <vector>

#include "api/aws/operation.h"
#include "engine/log_groups.h"
#include "engine/logs.h"

namespace perdure::api {

// Both outlive the service.
struct LogsParts {
  engine::Logs& logs;
  engine::LogGroups& groups;
};

Service logs_service(const LogsParts& parts);

// One table for each kind of thing; logs_service puts them together.
std::vector<Operation> log_group_operations(const LogsParts& parts);
std::vector<Operation> log_stream_operations(const LogsParts& parts);
std::vector<Operation> log_event_operations(const LogsParts& parts);

// What several tables use.
Error invalid_log_parameter(std::string text);
std::string log_group_arn(const engine::Tenant& tenant, const std::string& group);
// The group's name, of a group that exists; an identifier may be its ARN.
Result<std::string> read_log_group(const LogsParts& parts, const Call& call);
std::function<void(Result<>)> answer_nothing(Done done);
Shape log_group_shape();
Shape log_stream_shape();
std::vector<Field> log_group_fields(std::vector<Field> more);  // by name or identifier

}  // namespace perdure::api

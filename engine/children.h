#pragma once
// What states:startExecution takes and gives, in AWS's shapes.

#include <string>
#include <string_view>

#include "asl/execution/execution.h"
#include "base/result.h"

namespace perdure::engine {

// The Parameters of the task.
struct ChildParameters {
  std::string machine_arn;
  std::string name;  // empty: a UUID
  std::string input = "{}";
  std::string trace_header;
};
// Errors carry the name and cause that the task fails with.
Result<ChildParameters> child_parameters(std::string_view parameters);

// "StepFunctions.<name>Exception" with the text that the Java SDK wraps around the cause.
Error child_error(const Error& error, std::string_view request_id);

// The answer of StartExecution as the task's result.
std::string child_started_output(std::string_view child_arn, int64_t start_ms,
                                 std::string_view request_id);

// DescribeExecution's object of a closed execution; Input and Output as JSON text or as values.
std::string child_description(const asl::Execution& child, bool as_values);

}  // namespace perdure::engine

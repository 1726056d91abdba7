#pragma once
// How Step Functions writes calls of functions and their ends (recorded histories of AWS).

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "engine/executor.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

enum class InvocationType { request_response, event, dry_run };

// What a Task asks of a function.
struct LambdaCall {
  bool optimised = false;  // lambda:invoke; else the function's ARN
  std::string function;    // name or ARN
  std::string qualifier;
  std::string payload = "{}";  // JSON text
  std::string client_context;
  InvocationType type = InvocationType::request_response;
  bool log_tail = false;
};

// Reads the resource and its parameters. An error is the service's answer to a bad call.
Result<LambdaCall> read_lambda_call(const asl::TaskResource& resource, std::string_view parameters);

// The function has answered. For a function's ARN the output is its answer, for lambda:invoke the
// service's response around it; an error of the function has its errorType as name, its text as
// cause.
engine::TaskAnswer lambda_answer(const LambdaCall& call, const InvokeResult& result,
                                 const Clock& clock, Random& random);

// The service has refused: "Lambda.<name>", "... (Service: AWSLambda; Status Code: ...)".
engine::TaskAnswer lambda_refusal(const Error& error, std::string_view request_id);

}  // namespace perdure::executors

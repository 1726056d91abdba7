#pragma once
// What the ways of invoking a function have in common.

#include <string>
#include <vector>

#include "api/lambda/lambda.h"

namespace perdure::api {

Shape invoke_shape(std::vector<std::string> invocation_types);
Result<executors::InvokeRequest> read_invoke(const Call& call);

Answer answer_without_body(int status);

// A refusal for want of a slot becomes AWS's answer, which tells which limit it was: the function's
// own or all that there is.
Done answer_throttled(const LambdaParts& parts, const executors::InvokeRequest& request, Done done);

}  // namespace perdure::api

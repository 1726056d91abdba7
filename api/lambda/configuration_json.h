#pragma once
// What Lambda's operations show of a function, and how they name and list things.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/aws/operation.h"
#include "executors/functions/catalog/function_name.h"
#include "executors/functions/function_runtime.h"
#include "executors/functions/function_types.h"

namespace perdure::api {

// `qualifier`: the one that was asked with; a version shows its own anyway.
Json configuration_json(const executors::FunctionRuntime& runtime,
                        const executors::FunctionConfiguration& function,
                        const std::string& qualifier = {});

// "2026-11-21T05:07:49.123+0000": Lambda's own form.
std::string lambda_time(int64_t ms);

// FunctionName and Qualifier of a call.
Result<executors::FunctionName> named_function(const Call& call);
std::string qualifier_of(const Call& call);

// A page of what is listed, by Marker and MaxItems (default 50). What is listed comes with its
// place, a text; places ascend.
using Listed = std::pair<std::string, Json>;
// A version's place behind its function's, in the order of their numbers.
std::string version_place(const executors::FunctionConfiguration& version);
Result<Answer> page_of(std::string_view operation, const char* member, std::vector<Listed> listed,
                       const Call& call);

// 204 once it is done.
executors::Done<bool> without_content(Done done);

}  // namespace perdure::api

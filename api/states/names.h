#pragma once
// What Step Functions says about names, ARNs and paging tokens.

#include <cstdint>
#include <string>
#include <string_view>

#include "api/aws/shape.h"
#include "base/result.h"
#include "engine/keys.h"

namespace perdure::api {

// InvalidName for what AWS forbids in names: white space, brackets, wildcards, special and control
// characters.
Result<> check_name(std::string_view name);

// InvalidArn unless the text is an ARN of this service whose resource is of this type
// ("stateMachine", "execution"). `rest` of the answer begins behind the type.
Result<engine::Arn> check_arn(std::string_view arn, std::string_view type);

// "stateMachine:NAME/LABEL" names what a distributed Map runs, which can be described and nothing
// else. Errors: ValidationException.
Result<> refuse_labelled(std::string_view machine_arn);

// Input of an execution: one JSON text of at most this many bytes.
Result<> check_execution_input(std::string_view text, int64_t max_bytes);

// A token says where a page ended. It is opaque to callers and good only for the question it was
// given for: `question` names operation, tenant and filters.
std::string make_page_token(std::string_view question, std::string_view position);
Result<std::string> read_page_token(std::string_view question, std::string_view token);

// maxResults of the lists: absent and 0 mean 100.
int64_t page_size(const Input& input);

Error activity_does_not_exist(std::string_view arn);
Error state_machine_does_not_exist(std::string_view arn);
Error execution_does_not_exist(std::string_view arn);
Error wrong_machine_type();

}  // namespace perdure::api

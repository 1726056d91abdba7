#pragma once
// Actions of optimised integrations that are not the operation of their name: other parameters,
// another answer, or a model of another service.

#include <string_view>

#include "base/json.h"

namespace perdure::executors {

struct ActionForm {
  std::string_view service, action;  // "elasticmapreduce", "addStep"
  std::string_view operation;        // that is called: "AddJobFlowSteps"
  // Its parameters and what the task gets, as patterns (filled_in); empty: unchanged.
  std::string_view parameters, answer;
  std::string_view sdk{};  // the name of the model; empty: the service's own
};

const ActionForm* action_form(std::string_view service, std::string_view action);  // null: none

// JSON in which texts that begin with "in:" or "out:" are JSON pointers into what is given or into
// what has come back. What points nowhere is left out.
Json filled_in(std::string_view pattern, const Json& given, const Json& returned);

}  // namespace perdure::executors

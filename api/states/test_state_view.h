#pragma once
// How TestState shows what became of a state.

#include "api/aws/shape.h"
#include "asl/test_state/test_state.h"

namespace perdure::api {

// The answer. `input` is the operation's.
Json test_answer(const asl::StateTest& test, const Input& input);

}  // namespace perdure::api

#pragma once
// How TestState shows what became of a state.

#include "api/aws/shape.h"
#include "asl/test_state/test_state.h"
#include "engine/http_trace.h"

namespace perdure::api {

// The answer. `input` is the operation's. `trace`: what an HTTP task has sent and got, for the
// level TRACE; null where it did not run.
Json test_answer(const asl::StateTest& test, const Input& input,
                 const engine::HttpTrace* trace = nullptr);

}  // namespace perdure::api

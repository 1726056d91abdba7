#pragma once
// What TestState refuses: a mock, a context object or a configuration that does not go with the
// state.

#include "api/aws/shape.h"
#include "asl/test_state/tested_machine.h"

namespace perdure::api {

// Before the state is run. Errors: ValidationException and InvalidDefinition, in AWS's words where
// they are known.
Result<> check_test(const asl::TestedMachine& tested, const Input& input);

// Once the Map is known to have so many iterations.
Result<> check_failure_count(const Input& input, int64_t iterations);

// A member of the input that is an object; empty if it is absent.
const Json& member(const Input& input, const char* name);

}  // namespace perdure::api

#pragma once
// Holds what has happened against what a case expects.

#include <string>
#include <vector>

#include "api/workflow_tests/run_case.h"
#include "api/workflow_tests/test_file.h"

namespace perdure::api::workflow_tests {

// One reason why a case failed.
struct Failure {
  std::string what;      // "output", "state Ship order, attempts"; a whole sentence if that is all
  std::string at;        // in the test file, as a JSON pointer; empty: nowhere in particular
  std::string pointer;   // of the difference, within what; may be empty
  std::string expected;  // empty, like `actual`, where `what` says it all
  std::string actual;
};

std::vector<Failure> check_case(const TestCase& test, const Outcome& outcome);

}  // namespace perdure::api::workflow_tests

#pragma once
// The cases of one file, ready to run, and what came of them.

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/workflow_tests/check.h"
#include "api/workflow_tests/coverage.h"
#include "api/workflow_tests/local_functions.h"
#include "api/workflow_tests/machines.h"
#include "api/workflow_tests/test_file.h"

namespace perdure::api::workflow_tests {

struct Suite {
  std::string title;  // the path of the file, and of a mock configuration the machine
  cli::SourceFile source;
  std::shared_ptr<asl::Arena> arena;  // what the cases' values lie in; may be null
  Machines machines;
  std::vector<TestCase> cases;
  std::set<std::string> files;                // that it was read from
  std::shared_ptr<LocalFunctions> functions;  // null: tasks must be mocked
};

struct CaseReport {
  std::string name;
  std::vector<Failure> failures;     // none: passed
  std::vector<std::string> places;   // of each failure: "FILE:LINE:COLUMN"
  std::string status, output, path;  // of the execution; empty where it did not run
  int64_t virtual_ms = 0;            // what the execution took by its own clock
  double real_ms = 0;
  bool passed() const { return failures.empty(); }
};

struct SuiteReport {
  std::string title;
  std::string error;  // set: the file could not be used, and why
  std::vector<CaseReport> cases;
  double real_ms = 0;
  size_t passed() const;
  size_t failed() const;  // a file that could not be used is one
};

// A test file. Errors begin with FILE:LINE:COLUMN where that is known.
Result<Suite> load_suite(const std::string& path);
// A mock configuration: one suite a state machine, whose definitions are looked for in the folders.
// Every case gets this input. `only`: the cases of this name; empty: all.
Result<std::vector<Suite>> load_mock_config(const std::string& path, const std::string& input,
                                            const std::string& only,
                                            const std::vector<std::string>& folders);

// Runs the cases that are wanted, in their order. `coverage` may be null.
SuiteReport run_suite(const Suite& suite, const std::function<bool(const TestCase&)>& wanted,
                      Coverage* coverage);

}  // namespace perdure::api::workflow_tests

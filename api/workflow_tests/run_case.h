#pragma once
// One execution in an engine of its own: in memory, on one thread, in virtual time, its tasks
// answered by mocks. The real interpreter and the real engine; nothing else of the world.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/workflow_tests/local_functions.h"
#include "api/workflow_tests/test_file.h"
#include "asl/execution/execution.h"
#include "base/result.h"

namespace perdure::api::workflow_tests {

struct MachineSource {
  std::string name;
  asl::MachineType type = asl::MachineType::standard;
  std::string definition;  // valid
};

struct Scene {
  std::vector<MachineSource> machines;  // the first one is run; the others may be started by it
  std::string input;
  std::string execution_name, role_arn;  // empty: any
  int64_t start_ms = 0;                  // UTC; what the clock says at the beginning
  const Mocks* mocks = nullptr;
  bool hands_tokens_on = true;          // see TestCase
  LocalFunctions* functions = nullptr;  // for functions that are not mocked; null: there are none
};

// What has happened to one execution.
struct Recording {
  std::string arn;
  std::string machine;  // its name
  std::vector<asl::Entry> entries;
};

// A case that cannot pass: a task without a mock, a call that was not expected.
struct Problem {
  std::string at;  // in the test file, as a JSON pointer; empty: nowhere in particular
  std::string message;
};

struct Outcome {
  std::string status;  // "RUNNING": it never ended
  asl::Payload output;
  std::optional<std::string> error, cause;
  int64_t took_ms = 0;                // of virtual time
  std::vector<Recording> recordings;  // the first one is the execution that was asked for
  std::vector<Problem> problems;
};

Result<Outcome> run_case(const Scene& scene);

}  // namespace perdure::api::workflow_tests

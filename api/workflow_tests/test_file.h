#pragma once
// What a test file says (docs/testing-workflows.md): a definition, and cases that run it.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/cli/source_file.h"
#include "asl/value/value.h"
#include "base/result.h"

namespace perdure::api::workflow_tests {

// How a task is answered. `at` is where the file says it, as a JSON pointer.
struct MockAnswer {
  static constexpr int64_t always = -1;

  std::string at;
  std::string result = "{}";  // compact JSON
  bool is_payload = false;  // `result` is what the function returned, not what lambda:invoke gives
  bool fails = false;
  std::optional<std::string> error, cause;
  int64_t takes_ms = 0;
  bool forever = false;      // never answers
  int64_t heartbeat_ms = 0;  // sends one each; 0: none
  int64_t times = 1;         // so many calls are answered so; `always`: any number
  asl::Value when;           // undefined: any call
  asl::Value called_with;    // undefined: nothing is asked of the call
  std::string missing;       // set: there is no answer, and why
};

// Answers in the order of the calls; an answer with `when` waits for a call that it fits.
using StateMock = std::vector<MockAnswer>;
// By state, or "MACHINE/STATE" for one machine's only.
using Mocks = std::map<std::string, StateMock>;

struct StateExpectation {
  std::string at;
  std::optional<int64_t> entered, attempts;
  asl::Value input, output, outputs, error, variables;  // undefined: not asked
};

struct Expectation {
  std::string at;
  std::string status = "SUCCEEDED";
  asl::Value output, error, cause, path, variables;  // undefined: not asked
  std::optional<int64_t> duration_ms;
  std::map<std::string, StateExpectation> states;  // by the keys that mocks have too
};

struct TestCase {
  std::string name;
  std::string at;
  std::string input = "{}";
  std::string start_at;   // empty: the machine's own
  std::string variables;  // a JSON object; empty: none
  std::string execution_name, role_arn;
  std::optional<int64_t> start_ms;
  Mocks mocks;
  bool hands_tokens_on = true;  // a task that waits for a token must have it in its parameters
  Expectation expect;
};

struct MachineEntry {
  std::string name;
  std::string file;  // path
  std::string type;  // empty: as the manifest says, else STANDARD
};

struct TestFile {
  cli::SourceFile source;
  std::shared_ptr<asl::Arena> arena;  // holds the values
  std::string definition;             // path; empty: the file of the same name beside
  std::string type;                   // empty: as the manifest says, else STANDARD
  std::string mock_config;            // path; empty: none
  bool local_functions = false;       // handlers run for tasks without a mock
  std::vector<MachineEntry> machines;
  std::vector<TestCase> cases;
};

// Errors begin with FILE:LINE:COLUMN.
Result<TestFile> read_test_file(const std::string& path);

// "order.test.yaml" -> "order"; empty if it is no name of a test file.
std::string test_file_stem(std::string_view path);
// Of the file, with its closing slash; empty for a file in the current folder.
std::string folder_of(const std::string& path);

}  // namespace perdure::api::workflow_tests

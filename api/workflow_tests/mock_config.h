#pragma once
// The mock configuration files of Step Functions Local (AWS's documentation, "Using mocked service
// integrations"): StateMachines -> TestCases -> state -> name of a response, and MockedResponses.

#include <string>
#include <vector>

#include "api/cli/source_file.h"
#include "api/workflow_tests/test_file.h"
#include "base/result.h"

namespace perdure::api::workflow_tests {

struct ConfigCase {
  std::string machine;
  std::string name;
  std::string at;
  Mocks mocks;
};

struct MockConfig {
  cli::SourceFile source;
  std::vector<ConfigCase> cases;  // in the order of the file
};

// Each state has one counter of its calls in an execution, retries included; "0" and "1-2" are
// calls by that count. Errors begin with FILE:LINE:COLUMN.
Result<MockConfig> read_mock_config(const std::string& path);

}  // namespace perdure::api::workflow_tests

#pragma once
// What people and machines are told about a run of tests.

#include <string>
#include <vector>

#include "api/workflow_tests/coverage.h"
#include "api/workflow_tests/suite.h"

namespace perdure::api::workflow_tests {

// For a terminal. `details`: also what the executions that passed have done.
std::string suite_text(const SuiteReport& report, bool details, bool colour);
std::string summary_text(const std::vector<SuiteReport>& reports, bool colour);
std::string coverage_text(const Coverage& coverage, bool colour);

// JSON Lines: one object a case (or a file that could not be used), one for the whole.
std::string suite_json_lines(const SuiteReport& report);
// `coverage` may be null.
std::string summary_json(const std::vector<SuiteReport>& reports, const Coverage* coverage);

// The XML that continuous integration reads.
std::string junit_xml(const std::vector<SuiteReport>& reports);

}  // namespace perdure::api::workflow_tests

#include "api/workflow_tests/suite.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/workflow_tests/mock_config.h"
#include "api/workflow_tests/trace.h"
#include "base/time.h"
#include "base/yaml.h"

namespace perdure::api::workflow_tests {
namespace {

using Stopwatch = std::chrono::steady_clock;

double ms_since(Stopwatch::time_point begin) {
  return std::chrono::duration<double, std::milli>(Stopwatch::now() - begin).count();
}

// Where virtual time begins unless a case says when: any moment will do, as long as it is the same.
constexpr int64_t usual_start_ms = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

// A name that no state has would never be used: it is misspelt.
Result<> check_names(const cli::SourceFile& source, const Machines& machines,
                     const std::vector<TestCase>& cases) {
  const auto refuse = [&](const std::string& at, const std::string& complaint) {
    return invalid("InvalidTestFile", source.place(at) + ": " + complaint);
  };
  for (const TestCase& test : cases) {
    for (const auto& [key, mock] : test.mocks) {
      if (const auto complaint = complaint_about_state(machines, key, true)) {
        return refuse(mock.empty() ? test.at : mock.front().at, *complaint);
      }
    }
    for (const auto& [key, state] : test.expect.states) {
      if (const auto complaint = complaint_about_state(machines, key, false)) {
        return refuse(state.at, *complaint);
      }
    }
  }
  return {};
}

Result<Outcome> play(const Suite& suite, const TestCase& test) {
  Scene scene;
  for (size_t i = 0; i < suite.machines.list.size(); ++i) {
    const Machine& machine = suite.machines.list[i];
    PD_TRY(definition, staged_definition(machine, i == 0, test));
    scene.machines.push_back({machine.name, machine.type, std::move(definition)});
  }
  scene.input = test.input;
  scene.execution_name = test.execution_name;
  scene.role_arn = test.role_arn;
  scene.start_ms = test.start_ms.value_or(usual_start_ms);
  scene.mocks = &test.mocks;
  scene.hands_tokens_on = test.hands_tokens_on;
  scene.functions = suite.functions.get();
  return run_case(scene);
}

CaseReport report_on(const Suite& suite, const TestCase& test, Coverage* coverage) {
  CaseReport report;
  report.name = test.name;
  const auto begin = Stopwatch::now();
  const auto outcome = play(suite, test);
  if (outcome) {
    report.failures = check_case(test, *outcome);
    report.status = outcome->status;
    report.output = outcome->output.text();
    report.virtual_ms = outcome->took_ms;
    if (!outcome->recordings.empty()) {
      report.path = path_json(trace_of(outcome->recordings.front()).path);
    }
    if (coverage != nullptr) coverage->add(suite.machines, *outcome);
  } else {
    report.failures.push_back({outcome.error().cause, test.at, "", "", ""});
  }
  for (const Failure& failure : report.failures) {
    report.places.push_back(suite.source.place(failure.at));
  }
  report.real_ms = ms_since(begin);
  return report;
}

}  // namespace

size_t SuiteReport::passed() const {
  return static_cast<size_t>(
      std::count_if(cases.begin(), cases.end(), [](const CaseReport& c) { return c.passed(); }));
}

size_t SuiteReport::failed() const { return cases.size() - passed() + (error.empty() ? 0 : 1); }

Result<Suite> load_suite(const std::string& path) {
  PD_TRY(file, read_test_file(path));
  PD_TRY(machines, machines_of(file));
  PD_CHECK(check_names(file.source, machines, file.cases));
  Suite suite{path,
              std::move(file.source),
              std::move(file.arena),
              std::move(machines),
              std::move(file.cases),
              {},
              nullptr};
  suite.files = suite.machines.files;
  suite.files.insert(path);
  if (!file.mock_config.empty()) suite.files.insert(file.mock_config);
  if (file.local_functions) {
    std::string folder = folder_of(path);
    if (!folder.empty()) folder.pop_back();
    suite.functions = std::make_shared<LocalFunctions>(folder.empty() ? "." : folder);
    PD_TRY(handlers, suite.functions->files());
    suite.files.merge(handlers);
  }
  return suite;
}

Result<std::vector<Suite>> load_mock_config(const std::string& path, const std::string& input,
                                            const std::string& only,
                                            const std::vector<std::string>& folders) {
  PD_TRY(config, read_mock_config(path));
  std::vector<Suite> suites;
  for (ConfigCase& one : config.cases) {
    if (!only.empty() && one.name != only) continue;
    const std::string title = path + ": " + one.machine;
    if (suites.empty() || suites.back().title != title) {
      PD_TRY(machines, machines_named(one.machine, folders));
      Suite& suite = suites.emplace_back(
          Suite{title, config.source, nullptr, std::move(machines), {}, {}, nullptr});
      suite.files = suite.machines.files;
      suite.files.insert(path);
    }
    TestCase test;
    test.name = std::move(one.name);
    test.at = std::move(one.at);
    test.input = input;
    test.mocks = std::move(one.mocks);
    test.hands_tokens_on = false;
    test.expect.at = test.at;
    suites.back().cases.push_back(std::move(test));
  }
  if (suites.empty()) {
    return Error{ErrorKind::not_found, "",
                 path + " has no test case" + (only.empty() ? "" : " ") + only};
  }
  for (const Suite& suite : suites) {
    PD_CHECK(check_names(suite.source, suite.machines, suite.cases));
  }
  return suites;
}

SuiteReport run_suite(const Suite& suite, const std::function<bool(const TestCase&)>& wanted,
                      Coverage* coverage) {
  SuiteReport report;
  report.title = suite.title;
  const auto begin = Stopwatch::now();
  for (const TestCase& test : suite.cases) {
    if (wanted(test)) report.cases.push_back(report_on(suite, test, coverage));
  }
  report.real_ms = ms_since(begin);
  return report;
}

}  // namespace perdure::api::workflow_tests

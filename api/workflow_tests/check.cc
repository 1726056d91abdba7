#include "api/workflow_tests/check.h"

#include <utility>

#include "api/cli/terminal.h"
#include "api/workflow_tests/matching.h"
#include "api/workflow_tests/trace.h"
#include "asl/value/split.h"
#include "base/json.h"

namespace perdure::api::workflow_tests {
namespace {

using asl::Kind;
using asl::Value;

std::string name_json(const std::string& name) { return dump_json(Json(name)); }

// The path in the depth that the expectation has: threads are shown where it shows them.
std::string path_like(const Value& expected, const std::vector<const Visit*>& path) {
  const bool guided = expected.is(Kind::array);
  std::string out = "[";
  for (size_t i = 0; i < path.size(); ++i) {
    const Visit& visit = *path[i];
    if (i > 0) out += ',';
    const Value guide = guided && i < expected.size() ? expected.items()[i] : Value();
    const Value threads = guide.is(Kind::object) ? guide.get(visit.state) : Value();
    if (!threads.is(Kind::array)) {
      out += name_json(visit.state);
      continue;
    }
    out += "{" + name_json(visit.state) + ":[";
    size_t at = 0;
    for (const auto& [index, thread] : visit.threads) {
      if (at > 0) out += ',';
      out += path_like(at < threads.size() ? threads.items()[at] : Value(), thread);
      ++at;
    }
    out += "]}";
  }
  return out + "]";
}

// What was assigned at the top level, at the end; a JSON object.
std::string variables_at_end(const TestCase& test, const Trace& trace) {
  std::map<std::string, std::string> variables;
  const auto assign = [&](std::string_view object) {
    for (const auto& [name, value] : asl::split_object(object)) {
      variables[std::string(name)] = std::string(value);
    }
  };
  if (!test.variables.empty()) assign(test.variables);
  for (const Visit* visit : trace.path) assign(visit->variables.text());
  std::string out = "{";
  for (const auto& [name, value] : variables) {
    if (out.size() > 1) out += ',';
    out += name_json(name) + ":" + value;
  }
  return out + "}";
}

class Checker {
 public:
  Checker(const TestCase& test, const Outcome& outcome) : test_(test), outcome_(outcome) {
    for (const Recording& recording : outcome.recordings) {
      traces_.emplace_back(recording.machine, trace_of(recording));
    }
  }

  std::vector<Failure> check() {
    for (const Problem& problem : outcome_.problems) {
      failures_.push_back(
          {problem.message, problem.at.empty() ? test_.at : problem.at, "", "", ""});
    }
    // What cannot go on has no end to speak of.
    if (outcome_.status == "RUNNING" && !failures_.empty()) return std::move(failures_);
    check_end();
    for (const auto& [key, state] : test_.expect.states) check_state(key, state);
    return std::move(failures_);
  }

 private:
  void differ(const std::string& what, const std::string& at, std::string expected,
              std::string actual) {
    failures_.push_back({what, at, "", std::move(expected), std::move(actual)});
  }

  void check_value(const std::string& what, const std::string& at, const Value& expected,
                   std::string_view actual_json) {
    if (!expected.defined()) return;
    asl::Arena arena;
    const auto actual = asl::parse_json(actual_json, arena);
    std::vector<Difference> differences;
    compare(expected, actual ? *actual : Value(), "", differences);
    for (Difference& difference : differences) {
      failures_.push_back({what, at, std::move(difference.pointer), std::move(difference.expected),
                           std::move(difference.actual)});
    }
  }

  void check_text(const std::string& what, const std::string& at, const Value& expected,
                  const std::optional<std::string>& actual) {
    check_value(what, at, expected, actual ? name_json(*actual) : "");
  }

  void check_end() {
    const Expectation& expect = test_.expect;
    if (outcome_.status != expect.status) {
      std::string actual = outcome_.status;
      if (actual == "RUNNING") actual += ": it waits for what never comes";
      if (outcome_.error) actual += ", " + *outcome_.error;
      if (outcome_.cause && !outcome_.cause->empty()) actual += ": " + *outcome_.cause;
      differ("status", expect.at + "/status", expect.status, std::move(actual));
    }
    check_value("output", expect.at + "/output", expect.output, outcome_.output.text());
    check_text("error", expect.at + "/error", expect.error, outcome_.error);
    check_text("cause", expect.at + "/cause", expect.cause, outcome_.cause);
    if (expect.duration_ms && *expect.duration_ms != outcome_.took_ms) {
      const auto shown = [](int64_t ms) {
        return cli::duration_text(ms) + " (" + std::to_string(ms) + " ms)";
      };
      differ("duration", expect.at + "/duration", shown(*expect.duration_ms),
             shown(outcome_.took_ms));
    }
    if (traces_.empty()) return;
    const Trace& trace = traces_.front().second;
    if (expect.path.defined()) {
      const std::string expected = asl::to_json(expect.path);
      std::string actual = path_like(expect.path, trace.path);
      if (expected != actual) differ("path", expect.at + "/path", expected, std::move(actual));
    }
    if (expect.variables.defined()) {
      check_value("variables", expect.at + "/variables", expect.variables,
                  variables_at_end(test_, trace));
    }
  }

  std::vector<const Visit*> visits_of(const std::string& key) const {
    std::vector<const Visit*> visits;
    for (const auto& [machine, trace] : traces_) {
      for (const Visit& visit : trace.visits) {
        if (key == visit.state || key == machine + "/" + visit.state) visits.push_back(&visit);
      }
    }
    return visits;
  }

  void check_state(const std::string& key, const StateExpectation& expect) {
    const std::vector<const Visit*> visits = visits_of(key);
    const std::string what = "state " + key + ", ";
    const auto count = [&](const char* name, const std::optional<int64_t>& wanted, int64_t n) {
      if (wanted && *wanted != n) {
        differ(what + name, expect.at + "/" + name, std::to_string(*wanted), std::to_string(n));
      }
    };
    int64_t attempts = 0;
    std::string outputs = "[";
    const Visit* left = nullptr;
    for (const Visit* visit : visits) {
      attempts += visit->attempts;
      if (!visit->left) continue;
      left = visit;
      outputs += outputs.size() > 1 ? "," : "";
      outputs += visit->output.text();
    }
    count("entered", expect.entered, static_cast<int64_t>(visits.size()));
    count("attempts", expect.attempts, attempts);
    const auto text_of = [](const Visit* visit, asl::Payload Visit::*field) {
      return visit == nullptr ? std::string_view() : (visit->*field).text();
    };
    const Visit* const last = visits.empty() ? nullptr : visits.back();
    check_value(what + "input", expect.at + "/input", expect.input, text_of(last, &Visit::input));
    check_value(what + "output", expect.at + "/output", expect.output,
                text_of(left, &Visit::output));
    check_value(what + "outputs", expect.at + "/outputs", expect.outputs, outputs + "]");
    check_value(what + "variables", expect.at + "/variables", expect.variables,
                text_of(left, &Visit::variables));
    std::optional<std::string> error;
    if (last != nullptr && !last->error.empty()) error = last->error;
    check_text(what + "error", expect.at + "/error", expect.error, error);
  }

  const TestCase& test_;
  const Outcome& outcome_;
  std::vector<std::pair<std::string, Trace>> traces_;  // by machine
  std::vector<Failure> failures_;
};

}  // namespace

std::vector<Failure> check_case(const TestCase& test, const Outcome& outcome) {
  return Checker(test, outcome).check();
}

}  // namespace perdure::api::workflow_tests

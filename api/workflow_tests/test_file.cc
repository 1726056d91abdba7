#include "api/workflow_tests/test_file.h"

#include <algorithm>
#include <set>

#include "api/workflow_tests/fields.h"
#include "api/workflow_tests/mock_config.h"
#include "base/time.h"
#include "base/yaml.h"

namespace perdure::api::workflow_tests {
namespace {

using asl::Kind;
using asl::Value;

constexpr std::string_view statuses[] = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"};

class Reader {
 public:
  explicit Reader(TestFile& file) : file_(file) {}

  Result<> read(const Value& root) {
    Fields fields(file_.source, root, "", mistake_);
    read_head(fields);
    const Value cases = fields.find("cases");
    fields.finish();
    if (!cases.is(Kind::array) || cases.size() == 0) {
      fields.fail("", "`cases` must be a list of at least one case");
    } else {
      for (size_t i = 0; i < cases.size(); ++i) {
        read_case(fields.entry(cases.items()[i], pointer_to("/cases", std::to_string(i))));
      }
    }
    if (mistake_) return *mistake_;
    return {};
  }

 private:
  void read_head(Fields& fields) {
    const std::string folder = folder_of(file_.source.path());
    const auto path = [&](const std::string& name) {
      return name.empty() || name.starts_with('/') ? name : folder + name;
    };
    file_.definition = path(fields.text("definition"));
    file_.mock_config = path(fields.text("mockConfig"));
    file_.type = read_type(fields);
    if (const auto functions = fields.optional_text("functions")) {
      file_.local_functions = *functions == "local";
      if (!file_.local_functions) fields.fail("functions", "`functions` can only be: local");
    }
    if (auto machines = fields.inner("machines")) {
      for (const auto& [name, value] : machines->members()) {
        read_machine(*machines, std::string(name), value, path);
      }
    }
    if (auto mocks = fields.inner("mocks")) defaults_.mocks = read_mocks(*mocks);
    read_context(fields, defaults_);
  }

  static std::string read_type(Fields& fields) {
    const std::string type = fields.text("type");
    if (!type.empty() && type != "STANDARD" && type != "EXPRESS") {
      fields.fail("type", "`type` is STANDARD or EXPRESS");
    }
    return type;
  }

  template <class Path>
  void read_machine(Fields& machines, const std::string& name, const Value& value, Path path) {
    if (value.is(Kind::string)) {
      file_.machines.push_back({name, path(std::string(value.as_string())), ""});
      return;
    }
    Fields machine = machines.entry(value, machines.at(name));
    const std::string file = machine.text("definition");
    if (file.empty()) machine.fail("", "a machine needs `definition`, a file");
    file_.machines.push_back({name, path(file), read_type(machine)});
    machine.finish();
  }

  void read_context(Fields& fields, TestCase& into) {
    auto context = fields.inner("context");
    if (!context) return;
    if (auto execution = context->inner("Execution")) {
      into.execution_name = execution->text("Name", into.execution_name);
      into.role_arn = execution->text("RoleArn", into.role_arn);
      if (const auto text = execution->optional_text("StartTime")) {
        into.start_ms = parse_iso8601(*text);
        if (!into.start_ms) {
          execution->fail("StartTime", "`StartTime` must be a moment such as 2026-03-01T12:00:00Z");
        }
      }
      execution->finish();
    }
    context->finish();
  }

  void read_case(Fields fields) {
    TestCase test = defaults_;
    test.at = fields.at();
    test.name = fields.text("name");
    if (test.name.empty()) fields.fail("", "a case needs `name`");
    if (!names_.insert(test.name).second) fields.fail("name", "another case has this name");
    if (const Value input = fields.find("input"); input.defined()) {
      test.input = asl::to_json(input);
    }
    test.start_at = fields.text("startAt");
    if (const auto variables = fields.inner("variables"); variables && !mistake_) {
      test.variables = asl::to_json(variables->object());
    }
    read_context(fields, test);
    if (const std::string name = fields.text("mockCase"); !name.empty())
      use_config(fields, name, test);
    if (auto mocks = fields.inner("mocks")) {
      for (auto& [state, mock] : read_mocks(*mocks)) test.mocks[state] = std::move(mock);
    }
    test.expect.at = test.at;
    if (auto expect = fields.inner("expect")) read_expectation(*expect, test.expect);
    fields.finish();
    file_.cases.push_back(std::move(test));
  }

  void use_config(Fields& fields, const std::string& name, TestCase& test) {
    if (file_.mock_config.empty()) {
      return fields.fail("mockCase", "`mockCase` needs `mockConfig` at the head of the file");
    }
    if (!config_) {
      auto config = read_mock_config(file_.mock_config);
      if (!config) return fields.fail("mockCase", config.error().cause);
      config_ = std::move(*config);
    }
    const ConfigCase* found = nullptr;
    for (const ConfigCase& one : config_->cases) {
      if (one.name != name) continue;
      if (found != nullptr) {
        return fields.fail("mockCase", "several state machines have a test case " + name);
      }
      found = &one;
    }
    if (found == nullptr) {
      return fields.fail("mockCase", file_.mock_config + " has no test case " + name);
    }
    test.hands_tokens_on = false;
    for (const auto& [state, mock] : found->mocks) test.mocks[state] = mock;
  }

  Mocks read_mocks(Fields& fields) {
    Mocks mocks;
    for (const auto& [key, value] : fields.members()) {
      const std::string state(key);
      StateMock& mock = mocks[state];
      if (!value.is(Kind::array)) {
        mock.push_back(read_answer(fields.entry(value, fields.at(state)), MockAnswer::always));
        continue;
      }
      for (size_t i = 0; i < value.size(); ++i) {
        const std::string at = pointer_to(fields.at(state), std::to_string(i));
        mock.push_back(read_answer(fields.entry(value.items()[i], at), 1));
      }
    }
    return mocks;
  }

  static MockAnswer read_answer(Fields fields, int64_t times) {
    MockAnswer answer;
    answer.at = fields.at();
    const Value result = fields.find("result"), payload = fields.find("payload");
    answer.error = fields.optional_text("error");
    answer.cause = fields.optional_text("cause");
    answer.fails = answer.error || answer.cause;
    answer.is_payload = payload.defined();
    if (result.defined() || payload.defined()) {
      answer.result = asl::to_json(answer.is_payload ? payload : result);
    }
    read_time(fields, answer);
    answer.times = times;
    if (const Value given = fields.find("times"); given.defined()) {
      const bool always = given.is(Kind::string) && given.as_string() == "always";
      const bool number = given.is(Kind::integer) && given.as_integer() > 0;
      if (!always && !number) fields.fail("times", "`times` is a number from 1 on, or always");
      answer.times = number ? given.as_integer() : MockAnswer::always;
    }
    answer.when = fields.find("when");
    answer.called_with = fields.find("calledWith");
    const int kinds = int(result.defined()) + int(payload.defined()) + int(answer.fails);
    if (kinds + int(answer.forever) != 1) {
      fields.fail("",
                  "a mock needs one of `result`, `payload`, `error` (with `cause`) and "
                  "`takes: forever`");
    }
    fields.finish();
    return answer;
  }

  static void read_time(Fields& fields, MockAnswer& answer) {
    const Value takes = fields.find("takes");
    answer.forever = takes.is(Kind::string) && takes.as_string() == "forever";
    if (!answer.forever) answer.takes_ms = fields.duration("takes").value_or(0);
    answer.heartbeat_ms = fields.duration("heartbeat").value_or(0);
  }

  void read_expectation(Fields& fields, Expectation& expect) {
    expect.at = fields.at();
    expect.output = fields.find("output");
    expect.error = fields.find("error");
    expect.cause = fields.find("cause");
    expect.path = fields.find("path");
    expect.variables = fields.find("variables");
    expect.duration_ms = fields.duration("duration");
    const bool failed = expect.error.defined() || expect.cause.defined();
    expect.status = fields.text("status", failed ? "FAILED" : "SUCCEEDED");
    if (std::find(std::begin(statuses), std::end(statuses), expect.status) == std::end(statuses)) {
      fields.fail("status", "`status` is SUCCEEDED, FAILED, TIMED_OUT or ABORTED");
    }
    if (expect.path.defined() && !expect.path.is(Kind::array)) {
      fields.fail("path", "`path` must be a list of states");
    }
    if (auto states = fields.inner("states")) {
      for (const auto& [name, value] : states->members()) {
        const std::string state(name);
        read_state(states->entry(value, states->at(state)), expect.states[state]);
      }
    }
    fields.finish();
  }

  static void read_state(Fields fields, StateExpectation& state) {
    state.at = fields.at();
    state.entered = fields.count("entered");
    state.attempts = fields.count("attempts");
    state.input = fields.find("input");
    state.output = fields.find("output");
    state.outputs = fields.find("outputs");
    state.error = fields.find("error");
    state.variables = fields.find("variables");
    if (state.outputs.defined() && !state.outputs.is(Kind::array)) {
      fields.fail("outputs", "`outputs` must be a list, one for each time the state was left");
    }
    fields.finish();
  }

  TestFile& file_;
  TestCase defaults_;
  std::set<std::string> names_;
  std::optional<MockConfig> config_;
  std::optional<Error> mistake_;
};

}  // namespace

std::string test_file_stem(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  for (const std::string_view ending : {".test.yaml", ".test.yml", ".test.json"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) {
      return std::string(name.substr(0, name.size() - ending.size()));
    }
  }
  return {};
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

Result<TestFile> read_test_file(const std::string& path) {
  PD_TRY(source, cli::SourceFile::read(path));
  TestFile file{std::move(source), std::make_shared<asl::Arena>()};
  // The values point into a text that stays where it is.
  const std::string_view text = file.arena->copy(file.source.json());
  const auto root = asl::parse_json(text, *file.arena);
  if (!root) {
    return invalid("InvalidTestFile", path + ": " + root.error().cause);
  }
  PD_CHECK(Reader(file).read(*root));
  return file;
}

}  // namespace perdure::api::workflow_tests

#include "api/workflow_tests/mock_config.h"

#include <algorithm>
#include <charconv>

#include "api/workflow_tests/fields.h"

namespace perdure::api::workflow_tests {
namespace {

using asl::Kind;
using asl::Value;

struct Range {
  int64_t first = 0, last = 0;
  MockAnswer answer;
};

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t n = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || n < 0) return std::nullopt;
  return n;
}

class Reader {
 public:
  explicit Reader(MockConfig& config) : config_(config) {}

  Result<> read(const Value& root) {
    Fields fields(config_.source, root, "", mistake_);
    if (auto responses = fields.inner("MockedResponses")) {
      for (const auto& [name, value] : responses->members()) {
        const std::string key(name);
        responses_[key] = read_response(responses->entry(value, responses->at(key)), key);
      }
    }
    auto machines = fields.inner("StateMachines");
    if (!machines) fields.fail("", "`StateMachines` is missing");
    if (machines) {
      for (const auto& [name, value] : machines->members()) {
        read_machine(std::string(name), machines->entry(value, machines->at(name)));
      }
    }
    fields.finish();
    if (mistake_) return *mistake_;
    return {};
  }

 private:
  void read_machine(const std::string& machine, Fields fields) {
    auto cases = fields.inner("TestCases");
    if (!cases) return fields.fail("", "`TestCases` is missing");
    fields.finish();
    for (const auto& [name, value] : cases->members()) {
      const Fields states = cases->entry(value, cases->at(name));
      ConfigCase test{machine, std::string(name), states.at(), {}};
      for (const auto& [state, response] : states.members()) {
        use_response(cases->entry(value, states.at()), std::string(state), response, test.mocks);
      }
      config_.cases.push_back(std::move(test));
    }
  }

  void use_response(Fields states, const std::string& state, const Value& response, Mocks& mocks) {
    if (!response.is(Kind::string)) return states.fail(state, "the name of a response is expected");
    const auto found = responses_.find(std::string(response.as_string()));
    if (found == responses_.end()) {
      return states.fail(state,
                         "MockedResponses has no `" + std::string(response.as_string()) + "`");
    }
    mocks[state] = found->second;
  }

  StateMock read_response(Fields fields, const std::string& name) {
    std::vector<Range> ranges;
    for (const auto& [key, value] : fields.members()) {
      Range range;
      if (!read_range(key, range)) {
        fields.fail(key, "`" + std::string(key) + "` is no number of a call, nor two as in 1-2");
      }
      range.answer = read_answer(fields.entry(value, fields.at(key)));
      range.answer.times = range.last - range.first + 1;
      ranges.push_back(std::move(range));
    }
    std::sort(ranges.begin(), ranges.end(),
              [](const Range& a, const Range& b) { return a.first < b.first; });
    StateMock mock;
    int64_t next = 0;
    for (Range& range : ranges) {
      if (range.first < next) fields.fail("", "two ranges of `" + name + "` overlap");
      if (range.first > next) {
        MockAnswer gap;
        gap.at = fields.at();
        gap.times = range.first - next;
        gap.missing = "`" + name + "` has no response for this call";
        mock.push_back(std::move(gap));
      }
      next = range.last + 1;
      mock.push_back(std::move(range.answer));
    }
    return mock;
  }

  static bool read_range(std::string_view key, Range& range) {
    const size_t dash = key.find('-');
    const auto first = whole_number(key.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : whole_number(key.substr(dash + 1));
    if (!first || !last || *last < *first || *last > 1'000'000) return false;
    range.first = *first;
    range.last = *last;
    return true;
  }

  static MockAnswer read_answer(Fields fields) {
    MockAnswer answer;
    answer.at = fields.at();
    const Value returned = fields.find("Return");
    if (auto thrown = fields.inner("Throw")) {
      answer.fails = true;
      answer.error = thrown->optional_text("Error");
      answer.cause = thrown->optional_text("Cause");
      if (!answer.error || !answer.cause) fields.fail("Throw", "`Throw` needs Error and Cause");
      thrown->finish();
    }
    if (returned.defined() == answer.fails)
      fields.fail("", "one of `Return` and `Throw` is needed");
    if (returned.defined()) answer.result = asl::to_json(returned);
    fields.finish();
    return answer;
  }

  MockConfig& config_;
  Mocks responses_;
  std::optional<Error> mistake_;
};

}  // namespace

Result<MockConfig> read_mock_config(const std::string& path) {
  PD_TRY(source, cli::SourceFile::read(path));
  MockConfig config{std::move(source), {}};
  asl::Arena arena;
  const auto root = asl::parse_json(config.source.json(), arena);
  if (!root) return invalid("InvalidMockConfig", path + ": " + root.error().cause);
  PD_CHECK(Reader(config).read(*root));
  return config;
}

}  // namespace perdure::api::workflow_tests

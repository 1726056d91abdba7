// A definition as a case needs it. What changes is cut out of the text and put in; the rest stays
// byte for byte.

#include <algorithm>
#include <utility>

#include "api/workflow_tests/machines.h"
#include "api/workflow_tests/mock_executor.h"
#include "api/workflow_tests/trace.h"
#include "base/json.h"

namespace perdure::api::workflow_tests {
namespace {

using asl::Kind;
using asl::Value;

struct Edit {
  size_t offset = 0, length = 0;
  std::string text;
};

class Staging {
 public:
  Staging(const Machine& machine, const TestCase& test)
      : text_(machine.text), machine_(machine), test_(test) {}

  Result<std::string> stage(bool first) {
    PD_TRY(root, asl::parse_json(text_, arena_));
    mock_children(root);
    const bool moved = !test_.start_at.empty() || !test_.variables.empty();
    if (first && moved) PD_CHECK(begin_elsewhere(root));
    return apply();
  }

 private:
  // Strings without escapes point into the text.
  std::optional<size_t> offset_of(std::string_view part) const {
    const bool inside = part.data() >= text_.data() && part.data() < text_.data() + text_.size();
    if (!inside) return std::nullopt;
    return static_cast<size_t>(part.data() - text_.data());
  }

  // A task that starts a child is the engine's own; one that is mocked must not look like it.
  void mock_children(const Value& graph) {
    if (!graph.is(Kind::object)) return;
    const Value states = graph.get("States");
    for (const auto& [name, state] : states.members()) {
      const Value resource = state.get("Resource");
      const bool mocked = mock_of(test_.mocks, machine_.name, std::string(name)) != nullptr;
      if (mocked && resource.is(Kind::string)) rename_service(resource.as_string());
      mock_children(state.get("ItemProcessor"));
      mock_children(state.get("Iterator"));
      if (const Value branches = state.get("Branches"); branches.is(Kind::array)) {
        for (const Value& branch : branches.items()) mock_children(branch);
      }
    }
  }

  void rename_service(std::string_view resource) {
    constexpr std::string_view service = ":states:::states:startExecution";
    const size_t at = resource.find(service);
    const auto offset = offset_of(resource);
    if (at == std::string_view::npos || !offset) return;
    edits_.push_back({*offset + at + std::string_view(":states:::").size(), 0, "mocked-"});
  }

  Result<> begin_elsewhere(const Value& root) {
    const std::string_view own = root.get("StartAt").as_string();
    const std::string start = test_.start_at.empty() ? std::string(own) : test_.start_at;
    if (!root.get("States").get(start).defined()) {
      return invalid("", "the definition has no state `" + start + "` at its top level");
    }
    const std::string first = test_.variables.empty() ? start : std::string(prelude_name);
    const auto offset = offset_of(own);
    if (!offset) return invalid("", "StartAt is written with escapes; that cannot be changed here");
    // The name stands between its quotation marks.
    const std::string quoted = dump_json(Json(first));
    edits_.push_back({*offset, own.size(), quoted.substr(1, quoted.size() - 2)});
    if (!test_.variables.empty()) PD_CHECK(add_prelude(root, start));
    return {};
  }

  // A Pass state that assigns the variables.
  Result<> add_prelude(const Value& root, const std::string& next) {
    for (const auto& [key, value] : root.members()) {
      const auto offset = offset_of(key);
      if (key != "States" || !offset) continue;
      const size_t brace = text_.find('{', *offset + key.size());
      edits_.push_back({brace + 1, 0,
                        dump_json(Json(prelude_name)) + R"(:{"Type":"Pass","Assign":)" +
                            test_.variables + R"(,"Next":)" + dump_json(Json(next)) + "},"});
      return {};
    }
    return invalid("", "States is written with escapes; that cannot be changed here");
  }

  std::string apply() {
    std::sort(edits_.begin(), edits_.end(),
              [](const Edit& a, const Edit& b) { return a.offset > b.offset; });
    std::string out = text_;
    for (const Edit& edit : edits_) out.replace(edit.offset, edit.length, edit.text);
    return out;
  }

  const std::string& text_;
  const Machine& machine_;
  const TestCase& test_;
  asl::Arena arena_;
  std::vector<Edit> edits_;
};

}  // namespace

Result<std::string> staged_definition(const Machine& machine, bool first, const TestCase& test) {
  return Staging(machine, test).stage(first);
}

}  // namespace perdure::api::workflow_tests

// What AWS answered to CreateStateMachine and ValidateStateMachineDefinition, against what the
// parser says; and that it refuses no definition that AWS took.

#include "tests/asl/parse/checking.h"
#include "tests/asl/parse/recorded_cases.h"

namespace perdure::asl {
namespace {

// The text that was sent.
std::string definition_of(const Value& recorded) {
  const Value raw = recorded.get("definition_raw");
  if (raw.is(Kind::string)) return text_of(raw);
  const Value definition = recorded.get("definition");
  return definition.defined() ? to_json(definition) : "";
}

MachineType type_of(const Value& recorded) {
  return text_of(recorded.get("type")) == "EXPRESS" ? MachineType::express : MachineType::standard;
}

std::vector<std::string> recorded_lines(const Value& diagnostics) {
  std::vector<std::string> out;
  for (const Value& d : diagnostics.items()) {
    out.push_back(text_of(d.get("severity")) + " " + text_of(d.get("code")) + ": " +
                  text_of(d.get("message")) + " at " + text_of(d.get("location")));
  }
  return out;
}

std::vector<std::string> our_lines(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& d : diagnostics) {
    const bool error = d.severity == Diagnostic::Severity::error;
    out.push_back(std::string(error ? "ERROR " : "WARNING ") + d.code + ": " + d.message + " at " +
                  d.location);
  }
  return out;
}

TEST(RecordedValidationTest, SaysWhatAwsSaid) {
  Arena arena;
  const auto cases = recorded_cases(arena);
  if (cases.empty()) GTEST_SKIP() << "no recordings at " << recorded_cases_folder();
  int compared = 0;
  for (const RecordedCase& recorded : cases) {
    if (text_of(recorded.json.get("category")) != "validation") continue;
    const ParseOutcome outcome =
        parse_definition(definition_of(recorded.json), type_of(recorded.json));
    const Value expected = recorded.json.get("expected");
    if (const Value error = expected.get("api_error"); error.defined()) {
      // The others are about logging and versions, not about the definition.
      if (text_of(error.get("code")) != "InvalidDefinition") continue;
      EXPECT_EQ(invalid_definition_message(outcome.diagnostics), text_of(error.get("message")))
          << recorded.file;
    } else {
      EXPECT_THAT(
          our_lines(outcome.diagnostics),
          testing::ElementsAreArray(recorded_lines(expected.get("result").get("diagnostics"))))
          << recorded.file;
    }
    ++compared;
  }
  EXPECT_GT(compared, 20);
}

// Definitions that AWS took: of the case, its runs, its other machines and its API steps.
std::vector<std::pair<std::string, MachineType>> accepted_definitions(const Value& recorded) {
  std::vector<std::pair<std::string, MachineType>> out;
  const auto add = [&](const Value& owner) {
    const Value definition = owner.get("definition");
    // TestState takes single states; they are no machines.
    if (definition.is(Kind::object) && definition.get("States").defined()) {
      out.emplace_back(to_json(definition), type_of(owner));
    }
  };
  add(recorded);
  for (const char* list : {"runs", "other_state_machines"}) {
    const Value items = recorded.get(list);
    if (!items.is(Kind::array)) continue;
    for (const Value& item : items.items()) add(item);
  }
  const Value steps = recorded.get("steps");
  if (!steps.is(Kind::array)) return out;
  for (const Value& step : steps.items()) {
    const Value params = step.get("params");
    const bool refused =
        step.get("expect").is(Kind::object) && step.get("expect").get("error").defined();
    if (refused || !params.is(Kind::object)) continue;
    if (const std::string text = text_of(params.get("definition")); !text.empty()) {
      out.emplace_back(text, type_of(params));
    }
  }
  return out;
}

TEST(RecordedValidationTest, RefusesNothingThatAwsTook) {
  Arena arena;
  const auto cases = recorded_cases(arena);
  if (cases.empty()) GTEST_SKIP() << "no recordings at " << recorded_cases_folder();
  int whole = 0;
  for (const RecordedCase& recorded : cases) {
    if (text_of(recorded.json.get("category")) == "validation") continue;
    if (recorded.json.get("expected").is(Kind::object) &&
        recorded.json.get("expected").get("api_error").defined()) {
      continue;
    }
    for (const auto& [definition, type] : accepted_definitions(recorded.json)) {
      const ParseOutcome outcome = parse_definition(definition, type);
      for (const Diagnostic& d : outcome.diagnostics) {
        if (d.severity == Diagnostic::Severity::warning) continue;
        ADD_FAILURE() << recorded.file << ": " << d.code << ": " << d.message << " at "
                      << d.location;
      }
      whole += outcome.ok();
    }
  }
  EXPECT_GT(whole, 600);
}

}  // namespace
}  // namespace perdure::asl

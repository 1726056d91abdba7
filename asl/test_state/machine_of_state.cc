// The definition around the state that is tested.
#include <algorithm>
#include <set>

#include "asl/parse/parse.h"
#include "asl/test_state/test_state.h"

namespace perdure::asl {
namespace {

constexpr std::string_view tested_name = "StateName";
constexpr std::string_view assigning_name = "Variables of StateName";

Error invalid_request(std::string text) { return invalid("ValidationException", std::move(text)); }

// What is wrong with the definition otherwise is for the parser to say.
Value member_of(const Value& value, std::string_view key) {
  return value.is(Kind::object) ? value.get(key) : Value();
}

// The state with the name, here or in a state inside.
Value find_state(const Value& graph, std::string_view name) {
  const Value states = member_of(graph, "States");
  if (!states.is(Kind::object)) return Value();
  if (const Value found = states.get(name); found.defined()) return found;
  for (const Member& member : states.members()) {
    for (const char* inside : {"ItemProcessor", "Iterator"}) {
      const Value found = find_state(member_of(member.value, inside), name);
      if (found.defined()) return found;
    }
    const Value branches = member_of(member.value, "Branches");
    if (!branches.is(Kind::array)) continue;
    for (const Value& branch : branches.items()) {
      const Value found = find_state(branch, name);
      if (found.defined()) return found;
    }
  }
  return Value();
}

void add_target(const Value& from, const char* field, std::set<std::string>& targets) {
  const Value name = member_of(from, field);
  if (name.is(Kind::string)) targets.emplace(name.as_string());
}

std::set<std::string> targets_of(const Value& state) {
  std::set<std::string> targets;
  add_target(state, "Next", targets);
  add_target(state, "Default", targets);
  for (const char* list : {"Choices", "Catch"}) {
    const Value rules = member_of(state, list);
    if (!rules.is(Kind::array)) continue;
    for (const Value& rule : rules.items()) add_target(rule, "Next", targets);
  }
  targets.erase(std::string(tested_name));
  return targets;
}

std::string quoted(std::string_view text, Arena& arena) {
  return to_json(Value::string(text, arena));
}

// Where the state may lead to must exist in a definition; what it is does not matter.
std::string definition_around(const Value& state, std::string_view state_text,
                              std::string_view variables, Arena& arena) {
  std::string text = "{\"StartAt\":";
  text += quoted(variables.empty() ? tested_name : assigning_name, arena);
  text += ",\"States\":{\"StateName\":";
  text += state_text;
  for (const std::string& target : targets_of(state)) {
    text += "," + quoted(target, arena) + ":{\"Type\":\"Succeed\"}";
  }
  if (!variables.empty()) {
    text += "," + quoted(assigning_name, arena);
    text += R"(:{"Type":"Pass","Next":"StateName","Assign":)";
    text.append(variables).append("}");
  }
  return text + "}}";
}

Result<std::shared_ptr<const StateMachine>> parsed(std::string_view definition) {
  ParseOutcome outcome = parse_definition(definition);
  if (outcome.ok()) return std::move(outcome.machine);
  // Nothing outside the state is run here, so that what the engine cannot run is no obstacle.
  const bool known = std::all_of(outcome.diagnostics.begin(), outcome.diagnostics.end(),
                                 [](const Diagnostic& diagnostic) {
                                   return diagnostic.severity == Diagnostic::Severity::warning ||
                                          diagnostic.code == unsupported_feature;
                                 });
  if (known) return load_definition(definition);
  return invalid("InvalidDefinition", invalid_definition_message(outcome.diagnostics));
}

}  // namespace

Result<std::shared_ptr<const StateMachine>> machine_of_state(std::string_view definition,
                                                             std::string_view state_name,
                                                             std::string_view variables) {
  Arena arena;
  const auto given = parse_json(definition, arena);
  if (!given || !given->is(Kind::object)) return parsed(definition);  // which says what is wrong
  Value state = *given;
  std::string text(definition);
  if (given->get("States").defined() || !state_name.empty()) {
    if (given->get("States").defined()) PD_CHECK(parsed(definition));
    state = find_state(*given, state_name);
    if (!state.defined()) return invalid_request("State not found in definition");
    text = to_json(state);
  }
  return parsed(definition_around(state, text, variables, arena));
}

}  // namespace perdure::asl

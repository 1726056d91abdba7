#include "asl/test_state/tested_machine.h"

#include <algorithm>
#include <optional>
#include <set>

#include "asl/parse/parse.h"

namespace perdure::asl {
namespace {

// What is wrong with the definition otherwise is for the parser to say.
Value member_of(const Value& value, std::string_view key) {
  return value.is(Kind::object) ? value.get(key) : Value();
}

struct Found {
  Value state;
  Value language;  // QueryLanguage of what is around it; undefined: the default
  bool iterated = false;
};

// The state with the name, here or in a state inside.
std::optional<Found> find_state(const Value& graph, std::string_view name, Value language) {
  if (const Value own = member_of(graph, "QueryLanguage"); own.defined()) language = own;
  const Value states = member_of(graph, "States");
  if (!states.is(Kind::object)) return std::nullopt;
  if (const Value found = states.get(name); found.defined()) return Found{found, language};
  for (const Member& member : states.members()) {
    for (const char* inside : {"ItemProcessor", "Iterator"}) {
      if (auto found = find_state(member_of(member.value, inside), name, language)) {
        found->iterated = true;
        return found;
      }
    }
    const Value branches = member_of(member.value, "Branches");
    if (!branches.is(Kind::array)) continue;
    for (const Value& branch : branches.items()) {
      if (auto found = find_state(branch, name, language)) return found;
    }
  }
  return std::nullopt;
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
                              const Value& language, Arena& arena) {
  std::string text = "{\"StartAt\":" + quoted(tested_name, arena);
  if (language.defined()) text += ",\"QueryLanguage\":" + to_json(language);
  text += ",\"States\":{" + quoted(tested_name, arena) + ":";
  text += state_text;
  for (const std::string& target : targets_of(state)) {
    text += "," + quoted(target, arena) + ":{\"Type\":\"Succeed\"}";
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

Result<TestedMachine> machine_around(const Value& state, std::string_view text,
                                     const Value& language, Arena& arena) {
  PD_TRY(machine, parsed(definition_around(state, text, language, arena)));
  const bool writes = member_of(member_of(state, "ResultWriter"), "Resource").defined();
  return TestedMachine{machine, false, writes};
}

Result<TestedMachine> single_state(std::string_view definition, Arena& arena) {
  const auto state = parse_json(definition, arena);
  if (state && state->is(Kind::object)) return machine_around(*state, definition, Value(), arena);
  // The parser says what is wrong.
  PD_TRY(machine, parsed(definition));
  return TestedMachine{machine};
}

bool has_state(const StateGraph& graph, std::string_view name) {
  return graph.find(name) != nullptr ||
         std::any_of(graph.states.begin(), graph.states.end(),
                     [&](const auto& state) { return has_state_inside(state.second, name); });
}

}  // namespace

Result<TestedMachine> tested_machine(std::string_view definition, std::string_view state_name) {
  Arena arena;
  if (state_name.empty()) return single_state(definition, arena);
  PD_CHECK(parsed(definition));
  PD_TRY(whole, parse_json(definition, arena));
  const auto found = find_state(whole, state_name, Value());
  if (!found) return invalid("ValidationException", "State not found in definition");
  PD_TRY(tested, machine_around(found->state, to_json(found->state), found->language, arena));
  tested.iterated = found->iterated;
  return tested;
}

bool has_state_inside(const State& state, std::string_view name) {
  if (const auto* map = std::get_if<MapState>(&state.kind)) return has_state(*map->processor, name);
  const auto* parallel = std::get_if<ParallelState>(&state.kind);
  return parallel != nullptr &&
         std::any_of(parallel->branches.begin(), parallel->branches.end(),
                     [&](const auto& branch) { return has_state(*branch, name); });
}

}  // namespace perdure::asl

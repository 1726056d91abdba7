#include "api/workflow_tests/coverage.h"

#include <algorithm>

#include "api/workflow_tests/trace.h"

namespace perdure::api::workflow_tests {
namespace {

// Where a state can go to; "" is the end of its graph.
std::set<std::string> ways_out(const asl::State& state) {
  std::set<std::string> ways;
  const auto catchers = [&](const asl::ResultFields& fields) {
    for (const asl::Catcher& catcher : fields.catchers) ways.insert(catcher.next);
  };
  if (std::holds_alternative<asl::SucceedState>(state.kind) ||
      std::holds_alternative<asl::FailState>(state.kind)) {
    return ways;
  }
  if (const auto* choice = std::get_if<asl::ChoiceState>(&state.kind)) {
    for (const asl::ChoiceRule& rule : choice->rules) ways.insert(rule.next);
    if (!choice->default_next.empty()) ways.insert(choice->default_next);
    return ways;
  }
  ways.insert(state.common.next);
  if (const auto* task = std::get_if<asl::TaskState>(&state.kind)) catchers(task->fields);
  if (const auto* map = std::get_if<asl::MapState>(&state.kind)) catchers(map->fields);
  if (const auto* parallel = std::get_if<asl::ParallelState>(&state.kind)) {
    catchers(parallel->fields);
  }
  return ways;
}

template <class Key>
Share share_of(const std::map<Key, bool>& things) {
  return {
      std::count_if(things.begin(), things.end(), [](const auto& thing) { return thing.second; }),
      static_cast<int64_t>(things.size())};
}

void add_to(Share& sum, const Share& share) {
  sum.covered += share.covered;
  sum.all += share.all;
}

}  // namespace

Coverage::Definition& Coverage::definition(const Machine& machine) {
  const auto [found, is_new] = definitions_.try_emplace(machine.path);
  Definition& definition = found->second;
  if (!is_new) return definition;
  for (const asl::State* state : all_states(*machine.parsed)) {
    definition.states[state->name] = false;
    for (const std::string& to : ways_out(*state))
      definition.transitions[{state->name, to}] = false;
  }
  return definition;
}

void Coverage::add(const Machines& machines, const Outcome& outcome) {
  for (const Machine& machine : machines.list) definition(machine);
  for (const Recording& recording : outcome.recordings) {
    const auto machine =
        std::find_if(machines.list.begin(), machines.list.end(),
                     [&](const Machine& m) { return m.name == recording.machine; });
    if (machine == machines.list.end()) continue;
    Definition& covered = definition(*machine);
    for (const Visit& visit : trace_of(recording).visits) {
      if (const auto state = covered.states.find(visit.state); state != covered.states.end()) {
        state->second = true;
      }
      const auto way = covered.transitions.find({visit.state, visit.next});
      if (visit.left && way != covered.transitions.end()) way->second = true;
    }
  }
}

std::vector<DefinitionCoverage> Coverage::by_definition() const {
  std::vector<DefinitionCoverage> all;
  for (const auto& [path, definition] : definitions_) {
    DefinitionCoverage one{path, share_of(definition.states), share_of(definition.transitions), {}};
    for (const auto& [state, covered] : definition.states) {
      if (!covered) one.missed.push_back(state);
    }
    for (const auto& [way, covered] : definition.transitions) {
      // What leads out of a state that was never entered needs no line of its own.
      if (covered || !definition.states.at(way.first)) continue;
      one.missed.push_back(way.first + " -> " + (way.second.empty() ? "end" : way.second));
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::pair<Share, Share> Coverage::total() const {
  Share states, transitions;
  for (const DefinitionCoverage& one : by_definition()) {
    add_to(states, one.states);
    add_to(transitions, one.transitions);
  }
  return {states, transitions};
}

}  // namespace perdure::api::workflow_tests

#pragma once
// The definition around a state that is tested.

#include <memory>
#include <string>
#include <string_view>

#include "asl/machine.h"
#include "base/result.h"

namespace perdure::asl {

inline constexpr std::string_view tested_name = "StateName";

struct TestedMachine {
  std::shared_ptr<const StateMachine> machine;  // the state is in it as "StateName"
  bool iterated = false;                        // it stood in a Map's ItemProcessor
  bool writes_results = false;                  // its ResultWriter has somewhere to write to

  const State& state() const { return *machine->graph.find(tested_name); }
};

// Without a name the text of a single state, whose targets need not exist; with one that of a whole
// state machine, and the state with this name at any depth.
// Errors: InvalidDefinition, ValidationException.
Result<TestedMachine> tested_machine(std::string_view definition, std::string_view state_name);

// Whether a state with this name stands somewhere inside the Map or Parallel.
bool has_state_inside(const State& state, std::string_view name);

}  // namespace perdure::asl

#pragma once
// From the wish to start an execution to everything that it needs.

#include <functional>

#include "engine/engine.h"
#include "engine/messages.h"

namespace perdure::engine {

struct StartChance {
  std::function<std::string()> new_id;  // a UUID
  std::function<uint64_t()> draw;       // picks among the versions of an alias
};

// Errors: StateMachineDoesNotExist, StateMachineDeleting. Who may start it is not looked at.
Result<StartOrder> start_order(const StateMachines& machines, StartRequest request,
                               const StartChance& chance);

}  // namespace perdure::engine

#pragma once
// What this machine allows: found out by running a program in each sandbox, the strongest first,
// with the very calls that a worker's is made of.

#include <string>
#include <vector>

#include "executors/functions/sandbox/cgroups.h"
#include "executors/functions/sandbox/layout.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors::sandbox {

struct Strength {
  Level level = Level::none;
  bool user_namespace = false;       // level B without root
  bool own_user = false;             // a worker may have a user of its own
  std::vector<std::string> reasons;  // "A: it needs root", for each level above
  Machine machine;
};

// Forks, so from a small process with one thread. Takes some milliseconds.
Strength probe(Cgroups& cgroups);

// "Sandbox B; not A: it needs root"
std::string sentence_of(Level level, const std::vector<std::string>& reasons);

// The box of a worker with this order. Refused: a level that the machine does not allow, with the
// reason.
Result<Box> box_for(const spawn::Spawn& order, const Strength& strength);

}  // namespace perdure::executors::sandbox

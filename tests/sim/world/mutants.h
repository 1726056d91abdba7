#pragma once
// The faults that are planted to prove that the simulation sees them.

#include <string>
#include <vector>

#include "engine/mutant.h"

namespace perdure::sim {

// One planted fault: in the engine and its store, or in what lies below.
struct Bug {
  engine::Mutant engine = engine::Mutant::none;
  bool disk_lies = false;  // a sync returns at once
  bool unsynced = false;   // commits are not synced
};

struct PlantedBug {
  std::string name;
  Bug bug;
};
// All of them; each must be caught within a few hundred seeds.
const std::vector<PlantedBug>& planted_bugs();

}  // namespace perdure::sim

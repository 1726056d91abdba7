#pragma once
// Workloads for a store that is going to lose power, and what a store holds, as one text.

#include <string>
#include <variant>
#include <vector>

#include "engine/store/store.h"

namespace perdure::sim {

struct Expire {
  int64_t stopped_before_ms;
  int64_t limit;
};
struct Reopen {};  // the process ends in good order and starts again
using Step = std::variant<engine::Batch, Expire, Reopen>;

struct Script {
  std::string name;
  int checkpoint_pages = 4096;  // of the log, until a checkpoint
  bool on_new_disk = false;     // else on one where the tables are there
  std::vector<Step> steps;
};

// The same seed gives the same steps.
std::vector<Script> scripts(uint64_t seed);

// Everything that can be asked about the actors and documents of the scripts.
std::string content_of(engine::Store& store);

}  // namespace perdure::sim

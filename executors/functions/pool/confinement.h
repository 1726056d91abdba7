#pragma once
// What a worker sees of this machine's folders, and what its sandbox is to hold it to.

#include <string>

#include "executors/functions/function_types.h"
#include "executors/functions/pool/launch.h"
#include "executors/functions/sandbox/level.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors {

// The variable of a function by which it has no network: PERDURE_NETWORK=none.
bool has_network(const FunctionConfiguration& function);

// The same places as the worker sees them: AWS's paths where it has a root of its own.
struct SeenPlaces {
  std::string code_root;
  RuntimePlaces places;
  std::string opt_root;  // of the merged layers; empty without
};
SeenPlaces seen_by_worker(const std::string& code_root, const RuntimePlaces& places,
                          const std::string& opt_root = {});

// `program`: the interpreter; it may lie where a worker would not see it otherwise.
spawn::SandboxOrder sandbox_order(const FunctionConfiguration& function,
                                  const std::string& code_root, const std::string& program,
                                  const RuntimePlaces& places);

// One more folder for it to see, read-only: at this place where it has a root of its own, which has
// an empty folder there. Returns where it finds it.
std::string show_folder(spawn::SandboxOrder& order, const std::string& folder,
                        const std::string& place);

}  // namespace perdure::executors

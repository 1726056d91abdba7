#pragma once
#include <string>

namespace perdure::executors {

// The small process that starts the workers of functions and outlives its engine for 60 s
// (docs/spawner.md). `perdure spawner --data FOLDER`: returns the exit code when it is done; 0 at
// once if another one serves the folder already.
int run_spawner(const std::string& data_folder);

}  // namespace perdure::executors

#pragma once
#include <cstdint>
#include <string>

namespace perdure::executors {

// The small process that starts the workers of functions and outlives its engine for 60 s
// (docs/spawner.md). `perdure spawner --data FOLDER`: returns the exit code when it is done; 0 at
// once if another one serves the folder already. Must be called before any other thread exists.
int run_spawner(const std::string& data_folder, int64_t linger_ms = 60'000);

}  // namespace perdure::executors

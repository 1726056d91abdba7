#pragma once
// The engine's socket, from within the walls of a worker.

#include <string>

namespace perdure::executors::bridge {

enum class Blocking : bool { no, yes };

// -1: the engine is away.
int connect_to_engine(const std::string& path, Blocking blocking);

}  // namespace perdure::executors::bridge

#pragma once
// The embedded store: one SQLite file in the data folder, held by one process. Commits are durable
// when they return (WAL, synchronous=FULL).

#include <memory>
#include <string>

#include "engine/store/store.h"

namespace perdure::engine {

// Creates the folder and the file where missing. Errors: conflict if another process holds the
// folder (its lock goes with the process); unsupported if a later version wrote the file.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& folder);

}  // namespace perdure::engine

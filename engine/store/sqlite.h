#pragma once
// The embedded store: one SQLite file in the data folder, held by one process. Commits are durable
// when they return (WAL, synchronous=FULL).

#include <memory>
#include <string>

#include "base/runner.h"
#include "engine/mutant.h"
#include "engine/store/log_keeper.h"
#include "engine/store/store.h"

namespace perdure::engine {

struct StoreOptions {
  // The SQLite VFS that the file lives on; with one there is no folder to create or to lock. Empty:
  // the system's files.
  std::string vfs;
  // Without it a loss of power may take the last acknowledged commits along; a crash of the process
  // does not.
  bool sync_commits = true;
  // Copies the write-ahead log beside the commits; its work must have ended before the store does.
  // Null: that is done between two commits.
  Runner* log_copier = nullptr;
  LogBounds log_bounds;
  int page_bytes = 4096;  // of a file that is created
  Mutant mutant = Mutant::none;
};

// Creates the folder and the file where missing. Errors: conflict if another process holds the
// folder (its lock goes with the process); unsupported if a later version wrote the file.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& folder,
                                                 StoreOptions options = {});

}  // namespace perdure::engine

#pragma once
// The embedded store: one SQLite file in the data folder, held by one process. Commits are durable
// when they return (WAL, synchronous=FULL).

#include <memory>
#include <string>

#include "engine/store/store.h"

namespace perdure::engine {

struct StoreOptions {
  // The SQLite VFS that the file lives on; with one there is no folder to create or to lock. Empty:
  // the system's files.
  std::string vfs;
  // Without it a loss of power may take the last acknowledged commits along; a crash of the process
  // does not.
  bool sync_commits = true;
  // A checkpoint copies pages into the file and syncs it twice: every 16 MiB of log is often enough
  // to bound recovery and rare enough not to be felt.
  int checkpoint_pages = 4096;
};

// Creates the folder and the file where missing. Errors: conflict if another process holds the
// folder (its lock goes with the process); unsupported if a later version wrote the file.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& folder,
                                                 StoreOptions options = {});

}  // namespace perdure::engine

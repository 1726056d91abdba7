#pragma once
// Keeps SQLite's write-ahead log short without holding commits up. Copying the log's pages into the
// file and syncing it takes some ten milliseconds: a runner does that beside the commits, again and
// again until little is left. The little is copied between two commits, so that the next commit
// finds the whole log copied and begins it anew.

#include <atomic>
#include <memory>

#include "base/runner.h"
#include "engine/store/database.h"

namespace perdure::engine {

struct LogBounds {
  int64_t copy_pages = 8'192;   // 32 MiB: from here on the log is copied
  int64_t most_pages = 16'384;  // 64 MiB: from here on commits wait for the copying

  // On a small disk the log is copied sooner: what it has grown to is only given back by copying,
  // which needs space itself.
  LogBounds within(int64_t free_bytes) const;
};

// Used by the committing thread, but for what it posts to the runner.
class LogKeeper {
 public:
  // The writer outlives it. Null runner: the log is copied between two commits, and there is no
  // copier. The runner's work must have ended before this does.
  LogKeeper(Database& writer, std::unique_ptr<Database> copier, Runner* runner, LogBounds bounds);

  void before_commit();

 private:
  void copy();       // on the runner
  void copy_here();  // between two commits

  enum class Copying : uint8_t { none, under_way, done };

  Database& writer_;
  const std::unique_ptr<Database> copier_;  // the runner's, null without one
  Runner* const runner_;
  const LogBounds bounds_;
  std::atomic<Copying> copying_{Copying::none};
  int64_t last_pages_ = 0;  // of the log after the commit before
  int64_t next_pages_;      // the length at which it is copied next
};

}  // namespace perdure::engine

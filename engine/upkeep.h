#pragma once
// What a data folder that is used for years needs: closed executions are forgotten after their
// retention, and blobs that nothing names any more are removed. Everything happens on the
// committer's thread, in slices small enough for a commit to wait for.

#include "engine/assembly.h"
#include "engine/committer.h"

namespace perdure::engine {

class Upkeep {
 public:
  // Both outlive it.
  Upkeep(const EngineParts& parts, Committer& committer) : parts_(parts), committer_(committer) {}

  void start() { later(); }

 private:
  void later();
  void expire(Store& store, int64_t epoch);
  void sweep_blobs(Store& store);

  const EngineParts& parts_;
  Committer& committer_;
  int64_t slice_ = 32;       // executions that are forgotten at once
  uint8_t next_folder_ = 0;  // whose blobs are looked at next
};

}  // namespace perdure::engine

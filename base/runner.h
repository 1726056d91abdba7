#pragma once
// Where work runs. Nothing below `main` starts a thread, sleeps or blocks: it posts to a Runner.

#include <cstdint>
#include <functional>

namespace perdure {

class Runner {
 public:
  using Work = std::function<void()>;
  virtual ~Runner() = default;
  // Runs `work` later on this runner's thread, in the order of the calls. Safe from any thread.
  virtual void post(Work work) = 0;
  // Runs `work` at or shortly after the moment (UTC ms), never before it, also when the wall clock
  // is set. There is no cancel: the work itself checks whether it is still wanted.
  virtual void run_at(int64_t moment_ms, Work work) = 0;
};

}  // namespace perdure

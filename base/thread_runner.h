#pragma once
#include <memory>
#include <string>

#include "base/runner.h"

namespace perdure {

// A Runner with one thread of its own. Timers stand on CLOCK_REALTIME with cancel-on-set (timerfd),
// so that a change of the wall clock moves them. Created by `main` only.
class ThreadRunner final : public Runner {
 public:
  explicit ThreadRunner(std::string name);  // thread name, at most 15 characters
  ~ThreadRunner() override;                 // stop()
  void post(Work work) override;
  void run_at(int64_t moment_ms, Work work) override;
  void stop();  // finishes what was posted before, drops timers, joins the thread

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace perdure

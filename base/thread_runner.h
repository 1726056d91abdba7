#pragma once
#include <memory>
#include <string>

#include "base/busy_poll.h"
#include "base/runner.h"

namespace perdure {

// A Runner with one thread of its own. Timers stand on CLOCK_REALTIME with cancel-on-set (timerfd),
// so that a change of the wall clock moves them. Created by `main` only.
class ThreadRunner final : public Runner {
 public:
  // Thread name, at most 15 characters. `poll`: for a thread that callers wait for; else null.
  explicit ThreadRunner(std::string name, std::shared_ptr<const BusyPoll> poll = nullptr);
  ~ThreadRunner() override;  // stop()
  void post(Work work) override;
  void run_at(int64_t moment_ms, Work work) override;
  void stop();  // finishes what was posted before, drops timers, joins the thread

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace perdure

#pragma once
// A clock that moves when there is nothing to do, and the one lane of work that goes with it: an
// engine on it needs no thread, and a year of waiting takes no time.

#include <deque>
#include <functional>
#include <map>

#include "base/clock.h"
#include "base/runner.h"

namespace perdure::api::workflow_tests {

class VirtualTime final : public Clock, public Runner {
 public:
  explicit VirtualTime(int64_t now_ms) : now_ms_(now_ms) {}

  int64_t now_ms() const override { return now_ms_; }
  void post(Work work) override { posted_.push_back(std::move(work)); }
  void run_at(int64_t moment_ms, Work work) override {
    timers_.emplace(moment_ms, std::move(work));
  }

  // Works until `done`, until nothing is left to do, or until `last_ms`. True if `done`.
  bool run_until(const std::function<bool()>& done, int64_t last_ms);
  // What waits may own what posts again when it ends.
  void drop_all();

 private:
  bool step(int64_t last_ms);

  int64_t now_ms_;
  std::deque<Work> posted_;
  std::multimap<int64_t, Work> timers_;
};

}  // namespace perdure::api::workflow_tests

#include "api/workflow_tests/virtual_time.h"

#include <algorithm>
#include <utility>

namespace perdure::api::workflow_tests {

bool VirtualTime::step(int64_t last_ms) {
  if (!posted_.empty()) {
    const Work work = std::move(posted_.front());
    posted_.pop_front();
    work();
    return true;
  }
  if (timers_.empty() || timers_.begin()->first > last_ms) return false;
  const auto timer = timers_.extract(timers_.begin());
  now_ms_ = std::max(now_ms_, timer.key());
  timer.mapped()();
  return true;
}

bool VirtualTime::run_until(const std::function<bool()>& done, int64_t last_ms) {
  while (!done()) {
    if (!step(last_ms)) return false;
  }
  return true;
}

void VirtualTime::drop_all() {
  while (!posted_.empty() || !timers_.empty()) {
    const auto posted = std::exchange(posted_, {});
    const auto timers = std::exchange(timers_, {});
  }
}

}  // namespace perdure::api::workflow_tests

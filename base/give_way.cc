#include "base/give_way.h"

#include <chrono>
#include <thread>

namespace perdure {

void give_way() {
  using Clock = std::chrono::steady_clock;
  static thread_local Clock::time_point next;
  const auto now = Clock::now();
  if (now < next) return;
  next = now + std::chrono::microseconds(250);
  std::this_thread::yield();
}

}  // namespace perdure

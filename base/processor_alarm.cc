#include "base/processor_alarm.h"

#include <time.h>

#include "base/result.h"

namespace perdure {

std::shared_ptr<ProcessorAlarm> ProcessorAlarm::set(Runner& runner, const Clock& clock,
                                                    int64_t after_ms) {
  std::shared_ptr<ProcessorAlarm> alarm(new ProcessorAlarm(runner, clock, after_ms));
  alarm->look_after(after_ms);
  return alarm;
}

ProcessorAlarm::ProcessorAlarm(Runner& runner, const Clock& clock, int64_t after_ms)
    : runner_(runner), clock_(clock) {
  PD_ASSERT(pthread_getcpuclockid(pthread_self(), &thread_) == 0);
  ends_ms_ = spent_ms() + after_ms;
}

int64_t ProcessorAlarm::spent_ms() const {
  timespec spent{};
  PD_ASSERT(clock_gettime(thread_, &spent) == 0);
  return spent.tv_sec * 1'000 + spent.tv_nsec / 1'000'000;
}

// It can't ring sooner than what is left of the time.
void ProcessorAlarm::look_after(int64_t left_ms) {
  runner_.run_at(clock_.now_ms() + left_ms, [weak = weak_from_this()] {
    const auto alarm = weak.lock();
    if (!alarm) return;
    const int64_t left = alarm->ends_ms_ - alarm->spent_ms();
    if (left > 0) return alarm->look_after(left);
    alarm->rang_ = true;
  });
}

}  // namespace perdure

#pragma once
#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/runner.h"

namespace perdure {

// Rings once the thread that set it has spent so much processor time: who computes on a busy
// machine is not charged for what others take. Set on the thread that computes, which must outlive
// it; looked after by `runner`, for as long as somebody holds it.
class ProcessorAlarm : public std::enable_shared_from_this<ProcessorAlarm> {
 public:
  static std::shared_ptr<ProcessorAlarm> set(Runner& runner, const Clock& clock, int64_t after_ms);

  const std::atomic<bool>& rang() const { return rang_; }

 private:
  ProcessorAlarm(Runner& runner, const Clock& clock, int64_t after_ms);
  int64_t spent_ms() const;
  void look_after(int64_t left_ms);

  Runner& runner_;
  const Clock& clock_;
  clockid_t thread_;
  int64_t ends_ms_;  // of the thread's processor time
  std::atomic<bool> rang_{false};
};

}  // namespace perdure

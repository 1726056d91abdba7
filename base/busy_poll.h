#pragma once
// Waiting awake. A thread that sleeps is woken late: where its processor has halted meanwhile, by
// tens of microseconds, more than most of our steps take. With many callers the processors never
// halt; a lone one pays for each of the dozen wake-ups of a workflow's step. So while few callers
// wait for an answer, threads that answer look for news for a moment before they sleep.

#include <sched.h>

#include <atomic>
#include <chrono>
#include <memory>

namespace perdure {

// Safe from any thread.
class BusyPoll {
 public:
  // For at most `longest`, and while at least one and at most `most_callers` wait. Zero of either:
  // never.
  BusyPoll(std::chrono::microseconds longest, int most_callers)
      : longest_(longest), most_callers_(most_callers) {}

  // Somebody who waits for an answer, from here to its end.
  class Caller {
   public:
    explicit Caller(std::shared_ptr<BusyPoll> of) : of_(std::move(of)) {
      if (of_) ++of_->callers_;
    }
    ~Caller() { left(); }
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;
    void left() {
      if (const auto of = std::exchange(of_, nullptr)) --of->callers_;
    }

   private:
    std::shared_ptr<BusyPoll> of_;
  };

  bool worthwhile() const {
    const int callers = callers_.load(std::memory_order_relaxed);
    return callers > 0 && callers <= most_callers_ && longest_.count() > 0;
  }

  // Asks `news` until it says true. False: the caller sleeps. Whoever else wants the processor gets
  // it between two questions.
  template <class News>
  bool await(News&& news) const {
    if (!worthwhile()) return false;
    const auto end = std::chrono::steady_clock::now() + longest_;
    do {
      if (news()) return true;
      sched_yield();
    } while (worthwhile() && std::chrono::steady_clock::now() < end);
    return false;
  }

 private:
  const std::chrono::microseconds longest_;
  const int most_callers_;
  std::atomic<int> callers_{0};
};

}  // namespace perdure

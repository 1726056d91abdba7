#include "base/processor_alarm.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "base/thread_runner.h"

namespace perdure {
namespace {

constexpr int64_t patience_ms = 50;

// Whether it rings within a minute, beside `work` on a thread of its own.
bool rings(const std::function<void(const std::atomic<bool>& rang)>& work) {
  ThreadRunner runner("alarms");
  ThreadRunner worker("worker");
  SystemClock clock;
  std::promise<bool> rang;
  worker.post([&] {
    const auto alarm = ProcessorAlarm::set(runner, clock, patience_ms);
    work(alarm->rang());
    rang.set_value(alarm->rang());
  });
  return rang.get_future().get();
}

TEST(ProcessorAlarmTest, RingsForWhoComputes) {
  EXPECT_TRUE(rings([](const std::atomic<bool>& rang) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!rang && std::chrono::steady_clock::now() < end) continue;
  }));
}

TEST(ProcessorAlarmTest, DoesNotRingForWhoWaits) {
  EXPECT_FALSE(rings([](const std::atomic<bool>&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(4 * patience_ms));
  }));
}

}  // namespace
}  // namespace perdure

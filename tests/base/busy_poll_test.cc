#include "base/busy_poll.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/thread_runner.h"

namespace perdure {
namespace {

using namespace std::chrono_literals;

TEST(BusyPoll, looks_for_news_while_a_caller_waits) {
  const auto poll = std::make_shared<BusyPoll>(1h, 1);
  int asked = 0;
  EXPECT_FALSE(poll->await([&] { return ++asked == 3; }));
  EXPECT_EQ(asked, 0);
  BusyPoll::Caller caller(poll);
  EXPECT_TRUE(poll->await([&] { return ++asked == 3; }));
  EXPECT_EQ(asked, 3);
  caller.left();
  caller.left();  // once
  EXPECT_FALSE(poll->worthwhile());
}

TEST(BusyPoll, looks_no_longer_than_it_may) {
  const auto poll = std::make_shared<BusyPoll>(1ms, 1);
  BusyPoll::Caller caller(poll);
  EXPECT_FALSE(poll->await([] { return false; }));  // ends
}

TEST(BusyPoll, leaves_the_processors_to_many_callers) {
  const auto poll = std::make_shared<BusyPoll>(1ms, 1);
  BusyPoll::Caller first(poll);
  std::optional<BusyPoll::Caller> second(poll);
  EXPECT_FALSE(poll->worthwhile());
  second.reset();
  EXPECT_TRUE(poll->worthwhile());
}

TEST(BusyPoll, can_be_turned_off) {
  const auto never = std::make_shared<BusyPoll>(0us, 1);
  BusyPoll::Caller caller(never);
  EXPECT_FALSE(never->worthwhile());
  BusyPoll::Caller nowhere(nullptr);
}

// Posts and timers reach a runner that is awake, and one that has fallen asleep behind that.
TEST(BusyPoll, keeps_no_work_from_a_runner) {
  const auto poll = std::make_shared<BusyPoll>(200us, 1);
  BusyPoll::Caller caller(poll);
  ThreadRunner runner("test", poll);
  for (int i = 0; i < 200; ++i) {
    std::atomic<bool> done{false};
    if (i % 2 == 0) {
      runner.post([&] { done = true; });
    } else {
      runner.run_at(0, [&] { done = true; });
    }
    while (!done) std::this_thread::yield();
    if (i % 20 == 0) std::this_thread::sleep_for(1ms);
  }
}

}  // namespace
}  // namespace perdure

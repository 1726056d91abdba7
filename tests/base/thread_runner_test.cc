#include "base/thread_runner.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/clock.h"

namespace perdure {
namespace {

TEST(ThreadRunner, runs_posts_in_order_on_its_own_thread) {
  std::vector<int> order;
  std::thread::id where;
  {
    ThreadRunner runner("test");
    for (int i = 0; i < 1000; ++i) runner.post([&order, i] { order.push_back(i); });
    runner.post([&where] { where = std::this_thread::get_id(); });
  }  // the destructor waits for all of them
  ASSERT_EQ(order.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(ThreadRunner, takes_posts_from_many_threads_and_from_its_own_work) {
  std::atomic<int> count{0};
  ThreadRunner runner("test");
  std::vector<std::thread> posters;
  std::promise<void> all;
  const auto step = [&] {
    if (++count == 8000) all.set_value();
  };
  for (int t = 0; t < 4; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        runner.post([&] {
          step();
          runner.post(step);
        });
      }
    });
  }
  for (auto& poster : posters) poster.join();
  EXPECT_EQ(all.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(ThreadRunner, timers_run_in_the_order_of_their_moments_and_never_early) {
  const SystemClock clock;
  ThreadRunner runner("test");
  const int64_t start_ms = clock.now_ms();
  std::vector<int> order;
  std::atomic<bool> early{false};
  std::promise<void> last;
  const auto add = [&](int delay_ms, int id) {
    runner.run_at(start_ms + delay_ms, [&, delay_ms, id] {
      if (clock.now_ms() < start_ms + delay_ms) early = true;
      order.push_back(id);
      if (id == 4) last.set_value();
    });
  };
  add(60, 4);
  add(20, 1);
  add(40, 3);
  add(20, 2);
  add(-100, 0);
  ASSERT_EQ(last.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_FALSE(early);
}

TEST(ThreadRunner, an_earlier_timer_set_during_a_sleep_is_not_late) {
  const SystemClock clock;
  ThreadRunner runner("test");
  runner.run_at(clock.now_ms() + 3'600'000, [] { FAIL() << "an hour has not passed"; });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // let it fall asleep on the hour
  std::promise<void> ran;
  runner.run_at(clock.now_ms() + 10, [&] { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST(ThreadRunner, a_timer_that_renews_itself_leaves_room_for_posts) {
  ThreadRunner runner("test");
  std::atomic<bool> done{false};
  std::promise<void> posted;
  std::function<void()> again = [&] {
    if (!done) runner.run_at(0, again);
  };
  runner.run_at(0, again);
  runner.post([&] { posted.set_value(); });
  EXPECT_EQ(posted.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  done = true;
  runner.stop();
}

TEST(ThreadRunner, stop_finishes_posts_and_drops_timers_and_what_comes_later) {
  const SystemClock clock;
  std::atomic<int> ran{0};
  ThreadRunner runner("test");
  runner.run_at(clock.now_ms() + 3'600'000, [&] { ran += 100; });
  for (int i = 0; i < 10; ++i) runner.post([&] { ++ran; });
  runner.stop();
  runner.post([&] { ran += 1000; });
  runner.run_at(0, [&] { ran += 1000; });
  runner.stop();
  EXPECT_EQ(ran, 10);
}

}  // namespace
}  // namespace perdure

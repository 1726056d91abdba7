#include "executors/functions/reactor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <future>

#include "base/clock.h"

namespace perdure::executors {
namespace {

TEST(ReactorTest, PostedWorkRunsInOrderOnItsThread) {
  ReactorThread thread;
  std::vector<int> order;
  std::promise<void> done;
  for (int i = 0; i < 100; ++i) {
    thread.reactor().post([&, i] {
      EXPECT_TRUE(thread.reactor().on_thread());
      order.push_back(i);
      if (i == 99) done.set_value();
    });
  }
  done.get_future().wait();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(ReactorTest, TimersRunInTimeUnlessCancelled) {
  ReactorThread thread;
  std::promise<int64_t> done;
  bool cancelled_ran = false;
  int64_t start = monotonic_ms();
  thread.reactor().post([&] {
    uint64_t cancelled = thread.reactor().after(10, [&] { cancelled_ran = true; });
    thread.reactor().after(40, [&] { done.set_value(monotonic_ms()); });
    thread.reactor().after(5, [&thread, cancelled] { thread.reactor().cancel(cancelled); });
  });
  EXPECT_GE(done.get_future().get() - start, 40);
  EXPECT_FALSE(cancelled_ran);
  std::promise<int64_t> at;
  int64_t moment = SystemClock().now_ms() + 30;
  thread.reactor().run_at(moment, [&] { at.set_value(SystemClock().now_ms()); });
  EXPECT_GE(at.get_future().get(), moment);
}

TEST(ReactorTest, FilesAreWatchedUntilForgotten) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ReactorThread thread;
  std::promise<char> got;
  thread.reactor().post([&] {
    thread.reactor().watch(ends[0], Reactor::readable, [&](uint32_t) {
      char c = 0;
      EXPECT_EQ(read(ends[0], &c, 1), 1);
      thread.reactor().forget(ends[0]);
      got.set_value(c);  // a second call would throw
    });
  });
  EXPECT_EQ(write(ends[1], "ab", 2), 2);
  EXPECT_EQ(got.get_future().get(), 'a');
  std::promise<void> later;
  thread.reactor().post([&] { thread.reactor().after(20, [&] { later.set_value(); }); });
  later.get_future().wait();
  thread.stop();
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace perdure::executors

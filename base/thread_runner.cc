#include "base/thread_runner.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <queue>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace perdure {
namespace {

struct Timer {
  int64_t moment_ms;
  uint64_t number;  // timers of one moment run in the order of the calls
  Runner::Work work;
};

struct Later {
  bool operator()(const Timer& a, const Timer& b) const {
    return a.moment_ms != b.moment_ms ? a.moment_ms > b.moment_ms : a.number > b.number;
  }
};

constexpr int64_t never = INT64_MAX;

}  // namespace

struct ThreadRunner::Impl {
  explicit Impl(std::shared_ptr<const BusyPoll> busy_poll)
      : poll(std::move(busy_poll)),
        wake_fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        timer_fd(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
    PD_ASSERT(wake_fd >= 0 && timer_fd >= 0);
  }
  ~Impl() {
    close(wake_fd);
    close(timer_fd);
  }

  bool must_wake();
  void wake();
  void run();
  void take_news();
  void run_due();
  void sleep();
  void arm(int64_t moment_ms);

  const std::shared_ptr<const BusyPoll> poll;  // null: none
  const int wake_fd;
  const int timer_fd;
  std::mutex mutex;  // guards the five below; never held while work runs
  std::vector<Work> posted;
  std::vector<Timer> new_timers;
  uint64_t next_timer_number = 0;
  bool asleep = false;  // the thread is in, or about to enter, poll
  bool stopping = false;
  std::atomic<bool> news{false};  // set with the mutex, seen without it: something was posted

  // Of the runner's thread alone.
  std::vector<Work> batch;
  std::priority_queue<Timer, std::vector<Timer>, Later> timers;
  int64_t armed_ms = never;
  bool ending = false;
  SystemClock clock;
  std::thread thread;
};

// Waking costs a system call, so it is done only when the thread sleeps: asked with the mutex, done
// without it, or the thread would wake just to wait for that.
bool ThreadRunner::Impl::must_wake() {
  news.store(true, std::memory_order_relaxed);
  return std::exchange(asleep, false);
}

void ThreadRunner::Impl::wake() {
  const uint64_t one = 1;
  const ssize_t written = write(wake_fd, &one, sizeof one);
  PD_ASSERT(written == sizeof one);
}

void ThreadRunner::Impl::run() {
  while (true) {
    take_news();
    for (auto& work : batch) {
      work();
      work = nullptr;  // what the work owns is released before the next one runs
    }
    batch.clear();
    if (ending) return;
    run_due();
    sleep();
  }
}

void ThreadRunner::Impl::take_news() {
  const std::lock_guard lock(mutex);
  news.store(false, std::memory_order_relaxed);
  asleep = false;  // it may have been a timer
  batch.swap(posted);
  for (auto& timer : new_timers) timers.push(std::move(timer));
  new_timers.clear();
  ending = stopping;
}

// Only what is due at the start runs here: a timer that sets itself to now can't starve the posts.
void ThreadRunner::Impl::run_due() {
  const int64_t now_ms = clock.now_ms();
  while (!timers.empty() && timers.top().moment_ms <= now_ms) {
    // The queue shows its top as const only; nothing orders by `work`, so it may be moved out.
    const Work work = std::move(const_cast<Timer&>(timers.top()).work);
    timers.pop();
    work();
  }
}

void ThreadRunner::Impl::sleep() {
  if (poll && poll->await([this] { return news.load(std::memory_order_relaxed); })) return;
  {
    const std::lock_guard lock(mutex);
    if (!posted.empty() || !new_timers.empty() || stopping) return;
    asleep = true;
  }
  arm(timers.empty() ? never : timers.top().moment_ms);
  pollfd fds[] = {{wake_fd, POLLIN, 0}, {timer_fd, POLLIN, 0}};
  const int ready = ::poll(fds, 2, -1);
  PD_ASSERT(ready >= 0 || errno == EINTR);
  uint64_t ignored;
  if (fds[0].revents != 0 && read(wake_fd, &ignored, sizeof ignored) < 0) {
    PD_ASSERT(errno == EAGAIN);
  }
  if (fds[1].revents == 0) return;
  // ECANCELED says that the wall clock was set. In each case the next sleep arms the timer anew.
  if (read(timer_fd, &ignored, sizeof ignored) < 0)
    PD_ASSERT(errno == EAGAIN || errno == ECANCELED);
  armed_ms = never;
}

void ThreadRunner::Impl::arm(int64_t moment_ms) {
  if (moment_ms == armed_ms) return;
  armed_ms = moment_ms;
  itimerspec when{};
  if (moment_ms != never) {
    // A moment of zero would disarm the timer; one before 1970 is as due as the first nanosecond.
    when.it_value.tv_sec = moment_ms > 0 ? moment_ms / 1000 : 0;
    when.it_value.tv_nsec = moment_ms > 0 ? moment_ms % 1000 * 1'000'000 : 1;
  }
  const int done =
      timerfd_settime(timer_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr);
  // The clock may be set between two calls: then the next poll reports it at once.
  PD_ASSERT(done == 0 || errno == ECANCELED);
}

ThreadRunner::ThreadRunner(std::string name, std::shared_ptr<const BusyPoll> poll)
    : impl_(std::make_shared<Impl>(std::move(poll))) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
  pthread_setname_np(impl_->thread.native_handle(), name.substr(0, 15).c_str());
}

ThreadRunner::~ThreadRunner() { stop(); }

// What is posted may be what the runner's owner waits for before it destroys the runner: the last
// steps of both calls hold what they need.
void ThreadRunner::post(Work work) {
  const auto impl = impl_;
  {
    const std::lock_guard lock(impl->mutex);
    if (impl->stopping) return;
    impl->posted.push_back(std::move(work));
    if (!impl->must_wake()) return;
  }
  impl->wake();
}

void ThreadRunner::run_at(int64_t moment_ms, Work work) {
  const auto impl = impl_;
  {
    const std::lock_guard lock(impl->mutex);
    if (impl->stopping) return;
    impl->new_timers.push_back(Timer{moment_ms, impl->next_timer_number++, std::move(work)});
    if (!impl->must_wake()) return;
  }
  impl->wake();
}

void ThreadRunner::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake();
  PD_ASSERT(impl_->thread.get_id() != std::this_thread::get_id());
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace perdure

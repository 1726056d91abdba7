#include "executors/functions/reactor.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/result.h"
#include "executors/functions/sockets.h"

namespace perdure::executors {

int64_t monotonic_us() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

int64_t monotonic_ms() { return monotonic_us() / 1000; }

Reactor::Reactor(std::shared_ptr<const BusyPoll> poll)
    : poll_(std::move(poll)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  PD_ASSERT(epoll_ >= 0 && wake_ >= 0);
  epoll_event event{.events = EPOLLIN, .data = {.fd = wake_}};
  PD_ASSERT(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
}

Reactor::~Reactor() {
  close(wake_);
  close(epoll_);
}

void Reactor::watch(int fd, uint32_t interest, Ready ready) {
  epoll_event event{.events = interest, .data = {.fd = fd}};
  PD_ASSERT(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0);
  watches_[fd] = std::make_shared<Watch>(Watch{std::move(ready), interest});
}

// Asked for after every write, and mostly nothing changes.
void Reactor::change(int fd, uint32_t interest) {
  const auto found = watches_.find(fd);
  PD_ASSERT(found != watches_.end());
  if (std::exchange(found->second->interest, interest) == interest) return;
  epoll_event event{.events = interest, .data = {.fd = fd}};
  PD_ASSERT(epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) == 0);
}

void Reactor::forget(int fd) {
  if (watches_.erase(fd) > 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void Reactor::on_signal(int number, Work work) {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, number);
  PD_ASSERT(sigprocmask(SIG_BLOCK, &wanted, nullptr) == 0);
  const auto file = std::make_shared<Descriptor>(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  watch(file->get(), readable, [this, file, work = std::move(work)](uint32_t) {
    forget(file->get());
    work();
  });
}

uint64_t Reactor::after(int64_t delay_ms, Work work) {
  uint64_t id = next_id_++;
  int64_t due = monotonic_ms() + std::max<int64_t>(delay_ms, 0);
  timers_.emplace(std::pair(due, id), std::move(work));
  timer_due_.emplace(id, due);
  return id;
}

void Reactor::cancel(uint64_t timer) {
  auto found = timer_due_.find(timer);
  if (found == timer_due_.end()) return;
  timers_.erase({found->second, timer});
  timer_due_.erase(found);
}

void Reactor::post(Work work) {
  bool sleeps;
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    has_posted_ = true;
    sleeps = sleeps_.exchange(false);
  }
  if (sleeps) wake();
}

void Reactor::wake() {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(wake_, &one, sizeof one);
}

void Reactor::run_at(int64_t moment_ms, Work work) {
  post([this, moment_ms, work = std::move(work)]() mutable {
    int64_t left = moment_ms - SystemClock().now_ms();
    if (left <= 0) return work();
    // Looks again at least every second, so that a change of the wall clock is noticed.
    after(std::min<int64_t>(left, 1000), [this, moment_ms, work = std::move(work)]() mutable {
      run_at(moment_ms, std::move(work));
    });
  });
}

void Reactor::run_posted() {
  std::vector<Work> work;
  {
    std::lock_guard lock(mutex_);
    work.swap(posted_);
    has_posted_ = false;
  }
  for (auto& each : work) each();
}

void Reactor::run_due() {
  int64_t now = monotonic_ms();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto node = timers_.extract(timers_.begin());
    timer_due_.erase(node.key().second);
    node.mapped()();
  }
}

int Reactor::wait_ms() const {
  if (timers_.empty()) return -1;
  int64_t left = timers_.begin()->first.first - monotonic_ms();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
}

// True: nothing was posted, and whoever posts from now on wakes the thread.
bool Reactor::may_sleep() {
  std::lock_guard lock(mutex_);
  sleeps_ = posted_.empty() && !stopping_;
  return sleeps_;
}

// Until a file has news, a timer is due or work is posted.
int Reactor::await_files(std::span<epoll_event> events) {
  int count = 0;
  const auto look = [&](int timeout_ms) {
    count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
    return count != 0;
  };
  const bool near_timer = !timers_.empty() && wait_ms() == 0;
  if (!near_timer && poll_ && poll_->await([&] { return look(0) || has_posted_; })) return count;
  look(may_sleep() ? wait_ms() : 0);
  sleeps_ = false;
  return count;
}

void Reactor::run() {
  thread_.store(std::this_thread::get_id());
  epoll_event events[64];
  for (;;) {
    run_posted();
    run_due();
    bool idle;
    {
      std::lock_guard lock(mutex_);
      idle = posted_.empty();
    }
    if (idle && stopping_) break;
    const int count = await_files(events);
    for (int i = 0; i < count; ++i) {
      int fd = events[i].data.fd;
      if (fd == wake_) {
        uint64_t ignored;
        [[maybe_unused]] ssize_t got = read(wake_, &ignored, sizeof ignored);
        continue;
      }
      // An earlier callback of this round may have closed it; its number may even be in use again,
      // which is harmless because files are level-triggered and non-blocking.
      auto found = watches_.find(fd);
      if (found == watches_.end()) continue;
      auto watch = found->second;
      watch->ready(events[i].events);
    }
  }
  thread_.store({});
}

void Reactor::stop() {
  stopping_ = true;
  wake();
}

}  // namespace perdure::executors

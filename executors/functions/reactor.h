#pragma once
// One thread that waits for file descriptors, timers and posted work: the runtime's sockets and
// everything the spawner does live on one. Files are level-triggered.

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/busy_poll.h"
#include "base/runner.h"

namespace perdure::executors {

class Reactor final : public Runner {
 public:
  enum Interest : uint32_t { none = 0, readable = 1, writable = 4 };  // as EPOLLIN, EPOLLOUT
  using Ready = std::function<void(uint32_t events)>;                 // EPOLL* bits

  // `poll`: while callers wait for what the reactor does; else null.
  explicit Reactor(std::shared_ptr<const BusyPoll> poll = nullptr);
  ~Reactor() override;
  Reactor(const Reactor&) = delete;

  // From the reactor's thread only (or before run). The callback runs until forget(fd), which the
  // owner calls before it closes the descriptor.
  void watch(int fd, uint32_t interest, Ready ready);
  void change(int fd, uint32_t interest);
  void forget(int fd);
  // Runs `work` when the signal comes for the first time. Before other threads start: it is
  // blocked.
  void on_signal(int number, Work work);
  // Runs `work` once the delay has passed, by the monotonic clock. Returns a number for cancel.
  uint64_t after(int64_t delay_ms, Work work);
  void cancel(uint64_t timer);

  void post(Work work) override;  // from any thread
  void run_at(int64_t moment_ms, Work work) override;

  // Works until stop(). Called by the thread that becomes the reactor's.
  void run();
  void stop();  // from any thread: run() returns after the work posted so far
  bool on_thread() const { return thread_.load() == std::this_thread::get_id(); }

 private:
  struct Watch {
    Ready ready;
    uint32_t interest;
  };
  void run_posted();
  void run_due();
  int wait_ms() const;
  bool may_sleep();
  int await_files(std::span<epoll_event> events);
  void wake();

  const std::shared_ptr<const BusyPoll> poll_;
  int epoll_ = -1;
  int wake_ = -1;
  std::atomic<std::thread::id> thread_{};
  std::atomic<bool> stopping_ = false;
  std::unordered_map<int, std::shared_ptr<Watch>> watches_;
  std::map<std::pair<int64_t, uint64_t>, Work> timers_;  // by monotonic due time
  std::unordered_map<uint64_t, int64_t> timer_due_;
  uint64_t next_id_ = 1;
  std::mutex mutex_;
  std::vector<Work> posted_;
  std::atomic<bool> has_posted_ = false;  // as posted_ says
  std::atomic<bool> sleeps_ = false;      // or is about to
};

// A reactor with a thread of its own; created by `main` (and tests) only.
class ReactorThread {
 public:
  ReactorThread() : thread_([this] { reactor_.run(); }) {}
  ~ReactorThread() { stop(); }
  Reactor& reactor() { return reactor_; }
  void stop() {
    reactor_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  Reactor reactor_;
  std::thread thread_;
};

// Milliseconds that only grow, suspended time included.
int64_t monotonic_ms();
int64_t monotonic_us();

}  // namespace perdure::executors

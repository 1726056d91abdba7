#pragma once
// What a piece of work takes, found in a process of its own: processor time, and how much more
// memory it had at its peak than before.

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <thread>

namespace perdure::measured {

struct Taken {
  double seconds = 999;  // of the work's own thread
  double mebibytes = 9999;
  bool ended = false;  // false: it crashed
};

namespace detail {

inline double thread_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// A line of /proc/self/status, "VmHWM:" or "VmRSS:", in MiB.
inline double status_mebibytes(const std::string& name) {
  std::FILE* const file = std::fopen("/proc/self/status", "r");
  char line[256];
  double kib = 0;
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) {
    if (std::string(line).starts_with(name)) kib = std::atof(line + name.size());
  }
  if (file != nullptr) std::fclose(file);
  return kib / 1024;
}

inline void reset_peak() {
  malloc_trim(0);
  std::FILE* const file = std::fopen("/proc/self/clear_refs", "w");
  if (file == nullptr) return;
  std::fputs("5", file);
  std::fclose(file);
}

}  // namespace detail

// `work` gets a flag that is set after `patience` seconds of processor time of its thread.
inline Taken taken_by(double patience,
                      const std::function<void(const std::atomic<bool>& stop)>& work) {
  int results[2];
  if (pipe(results) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<bool> stop = false;
    clockid_t clock{};
    pthread_getcpuclockid(pthread_self(), &clock);
    const double began = detail::thread_seconds(clock);
    std::thread([&stop, clock, began, patience] {
      while (detail::thread_seconds(clock) - began < patience) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      stop = true;
    }).detach();
    detail::reset_peak();
    const double before = detail::status_mebibytes("VmRSS:");
    work(stop);
    const Taken taken{detail::thread_seconds(clock) - began,
                      detail::status_mebibytes("VmHWM:") - before, true};
    _exit(write(results[1], &taken, sizeof taken) == sizeof taken ? 0 : 1);
  }
  Taken taken;
  close(results[1]);
  if (read(results[0], &taken, sizeof taken) != sizeof taken) taken = {};
  close(results[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return taken;
}

}  // namespace perdure::measured

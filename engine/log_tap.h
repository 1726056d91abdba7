#pragma once
// Hears the lines of some log groups as they come, for somebody who looks now and then. Who does
// not look misses lines, and learns how many.

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/logs.h"

namespace perdure::engine {

// Safe from any thread.
class LogTap {
 public:
  LogTap(Tenant tenant, std::set<std::string> groups)
      : tenant_(std::move(tenant)), groups_(std::move(groups)) {}

  struct Heard {
    std::vector<std::pair<std::string, LogLine>> lines;  // with their groups, oldest first
    uint64_t missed = 0;
  };
  // What has come since the last call.
  Heard take() {
    const std::lock_guard lock(mutex_);
    bytes_ = 0;
    return std::exchange(heard_, {});
  }

  void offer(const Tenant& tenant, const std::string& group, const LogLine& line) {
    if (tenant != tenant_ || !groups_.contains(group)) return;
    const std::lock_guard lock(mutex_);
    if (heard_.lines.size() >= max_lines || bytes_ + line.message.size() > max_bytes) {
      ++heard_.missed;
      return;
    }
    bytes_ += line.message.size();
    heard_.lines.emplace_back(group, line);
  }

 private:
  static constexpr size_t max_lines = 10'000;
  static constexpr size_t max_bytes = 4 << 20;

  const Tenant tenant_;
  const std::set<std::string> groups_;
  std::mutex mutex_;
  Heard heard_;
  size_t bytes_ = 0;
};

}  // namespace perdure::engine

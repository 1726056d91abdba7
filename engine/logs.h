#pragma once
// Log lines of functions and executions, kept for each account and region, outside the store: lines
// are gathered in memory and written to segment files every second, never in the commit path. A
// crash loses at most the last second; a lost line is never a lost step.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/runner.h"
#include "engine/keys.h"

namespace perdure::engine {

struct LogLine {
  int64_t time_ms = 0;
  std::string stream;
  std::string message;  // without the newline at its end
  // Where the line stands in its group: grows with every line, survives restarts.
  uint64_t position = 0;
  bool operator==(const LogLine&) const = default;
};

struct LogQuery {
  Tenant tenant;
  std::string group;                             // "/aws/lambda/NAME"
  std::string stream;                            // empty: all streams
  int64_t from_ms = 0;                           // inclusive
  int64_t to_ms = INT64_MAX;                     // exclusive
  std::function<bool(const LogLine&)> wanted{};  // empty: all lines
  uint64_t after = 0;  // only lines behind this position: how a reader follows
  size_t limit = 10'000;
  size_t limit_bytes = SIZE_MAX;  // of messages; the last line may go beyond
  bool newest = false;            // the last `limit` lines instead of the first; order is the same
};

struct LogOptions {
  std::string folder;
  uint64_t segment_bytes = 8 << 20;  // a new segment file begins past this size
  size_t segments_per_group = 8;     // older ones are removed
  size_t message_bytes = 256 << 10;  // longer messages are cut
  size_t pending_bytes = 16 << 20;   // unwritten lines past this are dropped, and counted
};

class LogTap;

// Safe from any thread.
class Logs {
 public:
  // `runner` flushes every second on its thread. Clock and runner outlive the object, whose end
  // writes what is pending.
  Logs(LogOptions options, const Clock& clock, Runner& runner);
  ~Logs();
  Logs(const Logs&) = delete;

  // Never blocks on the disk.
  void append(const Tenant& tenant, std::string_view group, std::string_view stream,
              int64_t time_ms, std::string_view message);
  // Writes what is pending first, so that every line appended before is seen; oldest first. An
  // unknown group has no lines.
  Result<std::vector<LogLine>> read(const LogQuery& query);
  std::vector<std::string> groups(const Tenant& tenant);  // in byte order
  Result<> remove_group(const Tenant& tenant, std::string_view group);
  Result<> remove_stream(const Tenant& tenant, std::string_view group, std::string_view stream);
  // Deletes the lines that are older.
  Result<> expire(const Tenant& tenant, std::string_view group, int64_t before_ms);
  // It hears of every line that is appended from now on, while it lives.
  void attach(const std::shared_ptr<LogTap>& tap);
  // Writes what is pending, now and on the calling thread.
  Result<> flush();
  uint64_t dropped() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace perdure::engine

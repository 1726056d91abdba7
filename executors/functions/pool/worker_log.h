#pragma once
// The log of one worker: what its function prints, and the START, END and REPORT lines around it.

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "engine/logs.h"
#include "executors/functions/pool/log_settings.h"

namespace perdure::executors {

struct InvocationReport {
  std::string request_id;
  int64_t duration_us = 0;
  int64_t billed_ms = 0;
  int64_t init_us = 0;     // 0: a warm start
  int64_t restore_us = 0;  // of a start from a snapshot, which has no init of its own
  int64_t memory_mib = 0;
  uint64_t peak_kib = 0;
  std::string_view status;  // "", "timeout" or "error"
  std::string error_type;
  std::string_view tier;  // as InvokeResult has it; not in the log, as on AWS
  size_t produced_bytes = 0;
};

// Hears what is logged as well.
class LogListener {
 public:
  virtual ~LogListener() = default;
  virtual void platform(std::string_view type, Json record) = 0;
  virtual void line(bool of_extension, std::string_view text) = 0;
};

// To two digits, as AWS shows them.
inline double milliseconds(int64_t us) { return static_cast<double>(us / 10) / 100; }

// Not thread-safe.
class WorkerLog {
 public:
  WorkerLog(engine::Logs& logs, const Clock& clock, engine::Tenant tenant, std::string group,
            std::string stream, LogSettings settings = {})
      : logs_(logs),
        clock_(clock),
        tenant_(std::move(tenant)),
        group_(std::move(group)),
        stream_(std::move(stream)),
        settings_(std::move(settings)) {}

  const std::string& stream() const { return stream_; }
  // It outlives the log, or is null.
  void listen(LogListener* listener) { listener_ = listener; }
  void start(std::string_view request_id, std::string_view version);
  void output(int stream, uint64_t dropped, std::string_view bytes);
  void report(const InvocationReport& report);
  // Of a snapshot: its function is loaded.
  void init_report(int64_t init_us);
  // Of a worker that comes from one.
  void restore_start(const std::string& function, std::string_view version,
                     std::string_view runtime);
  void restore_report(int64_t restore_us);
  void line(std::string_view text);
  // Lines without an end are lines too.
  void flush();
  // The last 4 KB since start().
  std::string tail() const;

 private:
  void printed(std::string_view text);
  void record(const char* type, Json record);
  static Json record_of(const InvocationReport& report);
  static Json end_of(const InvocationReport& report);
  void write_text(const InvocationReport& report);

  engine::Logs& logs_;
  const Clock& clock_;
  const engine::Tenant tenant_;
  const std::string group_, stream_;
  const LogSettings settings_;
  LogListener* listener_ = nullptr;
  std::string partial_[2];
  std::string tail_;
};

}  // namespace perdure::executors

#include "executors/functions/pool/worker_log.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/time.h"
#include "executors/functions/bridge/extension_lines.h"

namespace perdure::executors {
namespace {
constexpr size_t tail_bytes = 4096;
constexpr size_t max_line_bytes = 256 << 10;  // CloudWatch's limit of an event

int64_t whole_milliseconds(int64_t us) { return (us + 999) / 1000; }
}  // namespace

void WorkerLog::line(std::string_view text) {
  logs_.append(tenant_, group_, stream_, clock_.now_ms(), text);
  if (text.size() > tail_bytes) text.remove_prefix(text.size() - tail_bytes);
  tail_ += text;
  tail_ += '\n';
  if (tail_.size() > 4 * tail_bytes) tail_.erase(0, tail_.size() - tail_bytes);
}

void WorkerLog::start(std::string_view request_id, std::string_view version) {
  flush();
  tail_.clear();
  if (!settings_.json) {
    line(fmt::format("START RequestId: {} Version: {}", request_id, version));
  } else if (!settings_.failures_only) {
    record("platform.start", {{"requestId", request_id}, {"version", version}});
  }
  if (listener_) {
    listener_->platform("platform.start", {{"requestId", request_id}, {"version", version}});
  }
}

void WorkerLog::record(const char* type, Json record) {
  line(dump_json(
      {{"time", iso8601_ms(clock_.now_ms())}, {"type", type}, {"record", std::move(record)}}));
}

Json WorkerLog::record_of(const InvocationReport& report) {
  Json metrics = {{"durationMs", milliseconds(report.duration_us)},
                  {"billedDurationMs", report.billed_ms},
                  {"memorySizeMB", report.memory_mib},
                  {"maxMemoryUsedMB", (report.peak_kib + 1023) / 1024}};
  if (report.init_us > 0) metrics["initDurationMs"] = milliseconds(report.init_us);
  if (report.restore_us > 0) {
    metrics["restoreDurationMs"] = milliseconds(report.restore_us);
    metrics["billedRestoreDurationMs"] = whole_milliseconds(report.restore_us);
  }
  Json content = {{"requestId", report.request_id},
                  {"metrics", std::move(metrics)},
                  {"status", report.status.empty() ? "success" : report.status}};
  if (!report.error_type.empty()) content["errorType"] = report.error_type;
  return content;
}

Json WorkerLog::end_of(const InvocationReport& report) {
  const bool ended = !report.error_type.empty();  // by itself, or by an answer that is none
  const std::string_view status = report.status.empty()        ? "success"
                                  : report.status == "timeout" ? "timeout"
                                  : ended                      ? "failure"
                                                               : "error";
  Json record = {{"requestId", report.request_id},
                 {"status", status},
                 {"metrics",
                  {{"durationMs", milliseconds(report.duration_us)},
                   {"producedBytes", report.produced_bytes}}}};
  if (ended) record["errorType"] = report.error_type;
  return record;
}

// What an extension prints may come behind a line that the function has not ended yet.
void WorkerLog::printed(std::string_view text) {
  const size_t mark = text.find(bridge::extension_mark);
  if (const std::string_view own = text.substr(0, mark); mark != 0) {
    line(own);
    if (listener_) listener_->line(false, own);
  }
  if (mark == text.npos) return;
  text.remove_prefix(mark + bridge::extension_mark.size());
  line(text);
  if (listener_) listener_->line(true, text);
}

void WorkerLog::output(int stream, uint64_t dropped, std::string_view bytes) {
  if (dropped > 0) line(fmt::format("[{} bytes of output were not kept]", dropped));
  std::string& partial = partial_[stream == 2 ? 1 : 0];
  while (!bytes.empty()) {
    size_t end = bytes.find('\n');
    size_t room = max_line_bytes - partial.size();
    bool whole = end != bytes.npos && end <= room;
    size_t taken = whole ? end : std::min(room, bytes.size());
    partial += bytes.substr(0, taken);
    bytes.remove_prefix(whole ? taken + 1 : taken);
    if (whole || partial.size() >= max_line_bytes) {
      printed(partial);
      partial.clear();
    }
  }
}

void WorkerLog::flush() {
  for (std::string& partial : partial_) {
    if (!partial.empty()) printed(partial);
    partial.clear();
  }
}

void WorkerLog::report(const InvocationReport& report) {
  flush();
  if (!settings_.json) {
    write_text(report);
  } else if (!settings_.failures_only || !report.status.empty()) {
    record("platform.report", record_of(report));
  }
  if (!listener_) return;
  listener_->platform("platform.runtimeDone", end_of(report));
  listener_->platform("platform.end", {{"requestId", report.request_id}});
  listener_->platform("platform.report", record_of(report));
}

void WorkerLog::write_text(const InvocationReport& report) {
  line("END RequestId: " + report.request_id);
  std::string text = fmt::format(
      "REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\t"
      "Max Memory Used: {} MB\t",
      report.request_id, static_cast<double>(report.duration_us) / 1000, report.billed_ms,
      report.memory_mib, (report.peak_kib + 1023) / 1024);
  if (report.init_us > 0) {
    text += fmt::format("Init Duration: {:.2f} ms\t", static_cast<double>(report.init_us) / 1000);
  }
  if (report.restore_us > 0) {
    text += fmt::format("Restore Duration: {:.2f} ms\tBilled Restore Duration: {} ms\t",
                        static_cast<double>(report.restore_us) / 1000,
                        whole_milliseconds(report.restore_us));
  }
  if (!report.status.empty()) text += fmt::format("Status: {}\t", report.status);
  if (!report.error_type.empty()) text += fmt::format("Error Type: {}\t", report.error_type);
  line(text);
}

void WorkerLog::init_report(int64_t init_us) {
  flush();
  if (!settings_.json) {
    return line(fmt::format("INIT_REPORT Init Duration: {:.2f} ms\tPhase: init\tStatus: success\t",
                            static_cast<double>(init_us) / 1000));
  }
  if (settings_.failures_only) return;
  record("platform.initReport", {{"initializationType", "snap-start"},
                                 {"phase", "init"},
                                 {"status", "success"},
                                 {"metrics", {{"durationMs", milliseconds(init_us)}}}});
}

void WorkerLog::restore_start(const std::string& function, std::string_view version,
                              std::string_view runtime) {
  if (!settings_.json) return line(fmt::format("RESTORE_START Runtime Version: {}", runtime));
  if (settings_.failures_only) return;
  record("platform.restoreStart",
         {{"functionName", function}, {"functionVersion", version}, {"runtimeVersion", runtime}});
}

void WorkerLog::restore_report(int64_t restore_us) {
  flush();
  if (!settings_.json) {
    return line(fmt::format("RESTORE_REPORT Restore Duration: {:.2f} ms",
                            static_cast<double>(restore_us) / 1000));
  }
  if (settings_.failures_only) return;
  record("platform.restoreReport",
         {{"status", "success"}, {"metrics", {{"durationMs", milliseconds(restore_us)}}}});
}

std::string WorkerLog::tail() const {
  return tail_.size() > tail_bytes ? tail_.substr(tail_.size() - tail_bytes) : tail_;
}

}  // namespace perdure::executors

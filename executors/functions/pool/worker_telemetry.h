#pragma once
// What the log of a worker tells those of its extensions that want to hear of it.

#include <functional>
#include <utility>

#include "base/clock.h"
#include "executors/functions/endpoint/telemetry.h"
#include "executors/functions/pool/worker_log.h"

namespace perdure::executors {

// Not thread-safe.
class WorkerTelemetry final : public LogListener {
 public:
  // `wake` is called when there may be something to send; `json`: lines may be objects.
  WorkerTelemetry(const Clock& clock, bool json, std::function<void()> wake)
      : clock_(clock), json_(json), wake_(std::move(wake)) {}

  void platform(std::string_view type, Json record) override {
    add(TelemetryKind::platform, type, std::move(record));
  }
  void line(bool of_extension, std::string_view text) override {
    const auto kind = of_extension ? TelemetryKind::extension : TelemetryKind::function;
    add(kind, of_extension ? "extension" : "function", record_of(text));
  }

  Telemetry events;
  ConnectionId courier = 0;  // where batches are waited for, 0: nowhere
  bool woken = false;        // a look is under way
  bool restored = false;     // the courier has said what an earlier engine gave it to keep

 private:
  Json record_of(std::string_view text) const {
    if (json_ && text.starts_with('{')) {
      if (auto object = parse_json(text)) return std::move(*object);
    }
    return text;
  }
  void add(TelemetryKind kind, std::string_view type, Json record) {
    const int64_t now = clock_.now_ms();
    events.add(kind, type, std::move(record), now);
    const auto due = events.due_ms();
    if (due && (!woken || *due <= now)) wake_();
  }

  const Clock& clock_;
  const bool json_;
  const std::function<void()> wake_;
};

}  // namespace perdure::executors

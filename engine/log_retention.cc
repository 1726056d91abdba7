#include "engine/log_retention.h"

#include "base/log.h"

namespace perdure::engine {
namespace {
constexpr int64_t pause_ms = 600'000;
}  // namespace

LogRetention::LogRetention(LogGroups& groups, Logs& logs, const Clock& clock, Runner& runner)
    : groups_(groups), logs_(logs), clock_(clock), runner_(runner) {}

void LogRetention::later(int64_t delay_ms) {
  runner_.run_at(clock_.now_ms() + delay_ms, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) look();
  });
}

void LogRetention::look() {
  for (const auto& [tenant, name] : groups_.with_retention()) {
    const auto expired = logs_.expire(tenant, name, groups_.oldest_ms(tenant, name));
    if (!expired) log_warning("Old lines of {} stay: {}", name, expired.error().cause);
  }
  later(pause_ms);
}

}  // namespace perdure::engine

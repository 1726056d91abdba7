#include "engine/timers.h"

#include <algorithm>

#include "base/log.h"

namespace perdure::engine {
namespace {

constexpr int64_t window_ms = 1'000;  // how far ahead rows are fetched
constexpr int64_t ahead_ms = 500;     // a look comes this much before the earliest row
constexpr int64_t rows_a_look = 10'000;
// A row that is still there this long after its moment is fired again.
constexpr int64_t again_after_ms = 30'000;

}  // namespace

Timers::Timers(Store& store, const Clock& clock, Runner& runner, Fire fire)
    : store_(store), clock_(clock), runner_(runner), fire_(std::move(fire)) {}

void Timers::start() {
  const std::lock_guard lock(mutex_);
  look_at_locked(clock_.now_ms());
}

void Timers::armed(const ActorDue& due) {
  const std::lock_guard lock(mutex_);
  if (due.due_ms < std::max(horizon_ms_, clock_.now_ms() + window_ms)) {
    hand_out_locked(due);
  } else if (next_look_ms_ == INT64_MAX || due.due_ms - ahead_ms < next_look_ms_) {
    look_at_locked(due.due_ms - ahead_ms);
  }
}

void Timers::hand_out_locked(const ActorDue& due) {
  if (!handed_out_.emplace(due.due_ms, due.actor).second) return;
  runner_.run_at(due.due_ms, [this, due] { fire_(due); });
}

void Timers::look_at_locked(int64_t moment_ms) {
  next_look_ms_ = std::max(moment_ms, clock_.now_ms());
  runner_.run_at(next_look_ms_, [this] { look(); });
}

// Looks that an earlier one has made needless find that it is not their time.
void Timers::look() {
  int64_t horizon = 0;
  int64_t limit = 0;
  {
    const std::lock_guard lock(mutex_);
    const int64_t now = clock_.now_ms();
    if (now < next_look_ms_) return;
    next_look_ms_ = INT64_MAX;
    forget_old_locked(now);
    horizon_ms_ = horizon = now + window_ms;
    limit = rows_a_look + static_cast<int64_t>(handed_out_.size());
  }
  const auto rows = store_.due_before(horizon, limit);
  const auto further =
      store_.due_before(INT64_MAX, rows ? static_cast<int64_t>(rows->size()) + 1 : 1);
  const std::lock_guard lock(mutex_);
  if (!rows || !further) {
    log_error("Timers could not be read: {}", (rows ? further.error() : rows.error()).cause);
    return look_at_locked(clock_.now_ms() + window_ms);
  }
  for (const ActorDue& due : *rows) hand_out_locked(due);
  int64_t next = next_look_ms_;
  if (static_cast<int64_t>(rows->size()) >= limit) {
    next = std::min(next, clock_.now_ms());
  } else if (further->size() > rows->size()) {
    next = std::min(next, further->back().due_ms - ahead_ms);
  }
  if (!handed_out_.empty()) next = std::min(next, clock_.now_ms() + again_after_ms);
  if (next != INT64_MAX) look_at_locked(next);
}

void Timers::forget_old_locked(int64_t now_ms) {
  handed_out_.erase(handed_out_.begin(),
                    handed_out_.lower_bound({now_ms - again_after_ms, ActorKey{}}));
}

}  // namespace perdure::engine

#include "engine/timers.h"

#include <algorithm>

#include "base/log.h"

namespace perdure::engine {
namespace {

constexpr int64_t window_ms = 1'000;  // how far ahead rows are fetched
constexpr int64_t ahead_ms = 500;     // a look comes this much before the earliest row
constexpr int64_t rows_a_page = 1'000;
constexpr size_t rows_a_group = 256;
constexpr int64_t max_groups_under_way = 2;
// A row that is still there this long after its moment is fired again.
constexpr int64_t again_after_ms = 30'000;

constexpr ActorKey last_key = [] {
  ActorKey key;
  key.bytes.fill(0xff);
  return key;
}();

}  // namespace

Timers::Timers(Store& store, const Clock& clock, Runner& runner, Fire fire)
    : store_(store), clock_(clock), runner_(runner), fire_(std::move(fire)) {}

void Timers::start() {
  const std::lock_guard lock(mutex_);
  look_at_locked(clock_.now_ms());
}

// What is due by now may have been fired at this very moment, before it was armed again.
void Timers::armed(const ActorDue& due) {
  const std::lock_guard lock(mutex_);
  if (due.due_ms <= clock_.now_ms()) fired_.erase({due.due_ms, due.actor});
  if (due.due_ms < std::max(horizon_ms_, clock_.now_ms() + window_ms)) {
    wait_for_locked(due);
  } else if (next_look_ms_ == INT64_MAX || due.due_ms - ahead_ms < next_look_ms_) {
    look_at_locked(due.due_ms - ahead_ms);
  }
}

void Timers::wait_for_locked(const ActorDue& due) {
  const Moment moment{due.due_ms, due.actor};
  if (fired_.contains(moment) || !waiting_.emplace(moment, due.kind).second) return;
  wake_at_locked(due.due_ms);
}

void Timers::wake_at_locked(int64_t moment_ms) {
  if (moment_ms >= next_wake_ms_) return;
  next_wake_ms_ = moment_ms;
  runner_.run_at(moment_ms, [this] { fire_due(); });
}

void Timers::fire_due() {
  std::unique_lock lock(mutex_);
  const int64_t now = clock_.now_ms();
  // The clock may have been set back since: then an earlier call was for nothing.
  if (next_wake_ms_ <= now) next_wake_ms_ = INT64_MAX;
  fire_groups(lock);
}

// Groups go out while few are under way; each that has been dealt with brings the next.
void Timers::fire_groups(std::unique_lock<std::mutex>& lock) {
  while (groups_under_way_ < max_groups_under_way) {
    const int64_t now = clock_.now_ms();
    std::vector<ActorDue> group;
    while (!waiting_.empty() && waiting_.begin()->first.first <= now &&
           group.size() < rows_a_group) {
      const auto& [moment, kind] = *waiting_.begin();
      group.push_back({moment.second, kind, moment.first});
      fired_.insert(fired_.end(), moment);
      waiting_.erase(waiting_.begin());
    }
    if (group.empty()) break;
    ++groups_under_way_;
    lock.unlock();
    fire_(std::move(group), [this] {
      runner_.post([this] {
        std::unique_lock again(mutex_);
        --groups_under_way_;
        fire_groups(again);
      });
    });
    lock.lock();
  }
  if (groups_under_way_ < max_groups_under_way && !waiting_.empty()) {
    wake_at_locked(waiting_.begin()->first.first);
  }
}

void Timers::look_at_locked(int64_t moment_ms) {
  next_look_ms_ = std::max(moment_ms, clock_.now_ms());
  runner_.run_at(next_look_ms_, [this] { look(); });
}

// One page. Looks that an earlier one has made needless find that it is not their time.
void Timers::look() {
  int64_t horizon = 0;
  DuePosition after;
  {
    const std::lock_guard lock(mutex_);
    const int64_t now = clock_.now_ms();
    if (now < next_look_ms_) return;
    next_look_ms_ = INT64_MAX;
    if (now >= next_full_look_ms_) {
      forget_old_locked(now);
      next_full_look_ms_ = INT64_MAX;
      read_up_to_ = {};
    }
    horizon = std::max(horizon_ms_, now + window_ms);
    after = read_up_to_;
  }
  auto rows = store_.due_before(horizon, after, rows_a_page);
  const std::lock_guard lock(mutex_);
  if (!rows) {
    log_error("Timers could not be read: {}", rows.error().cause);
    return look_at_locked(clock_.now_ms() + window_ms);
  }
  for (const ActorDue& due : *rows) wait_for_locked(due);
  took_page_locked(*rows, horizon);
}

void Timers::took_page_locked(const std::vector<ActorDue>& rows, int64_t horizon_ms) {
  if (static_cast<int64_t>(rows.size()) >= rows_a_page) {
    read_up_to_ = {rows.back().due_ms, rows.back().actor};
    return look_at_locked(clock_.now_ms());
  }
  horizon_ms_ = horizon_ms;
  read_up_to_ = {horizon_ms - 1, last_key};
  // Rows that stay though they were fired are found by beginning anew.
  if (next_full_look_ms_ == INT64_MAX && !(waiting_.empty() && fired_.empty())) {
    next_full_look_ms_ = clock_.now_ms() + again_after_ms;
  }
  int64_t next = std::min(next_look_ms_, next_full_look_ms_);
  const auto further = store_.due_before(INT64_MAX, read_up_to_, 1);
  if (!further) {
    log_error("Timers could not be read: {}", further.error().cause);
    next = clock_.now_ms() + window_ms;
  } else if (!further->empty()) {
    next = std::min(next, further->front().due_ms - ahead_ms);
  }
  if (next != INT64_MAX) look_at_locked(next);
}

void Timers::forget_old_locked(int64_t now_ms) {
  fired_.erase(fired_.begin(), fired_.lower_bound({now_ms - again_after_ms, ActorKey{}}));
}

}  // namespace perdure::engine

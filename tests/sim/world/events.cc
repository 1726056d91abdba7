#include "tests/sim/world/events.h"

#include <algorithm>

namespace perdure::sim {

void WallClock::advance_to(int64_t moment_ms) {
  now_ms_ = std::max(now_ms_, moment_ms);
  latest_.back() = std::max(latest_.back(), now_ms_);
}

void WallClock::set(int64_t moment_ms) {
  if (moment_ms < now_ms_) latest_.push_back(moment_ms);
  now_ms_ = moment_ms;
  latest_.back() = std::max(latest_.back(), now_ms_);
}

bool WallClock::reached_since(size_t mark, int64_t due_ms) const {
  return std::any_of(latest_.begin() + static_cast<ptrdiff_t>(mark), latest_.end(),
                     [&](int64_t latest) { return latest >= due_ms; });
}

Lane::Lane(Events& events, std::string name)
    : events_(events), name_(std::move(name)), name_hash_(hash_text(name_)) {
  events_.lanes_.push_back(this);
}

Lane::~Lane() { std::erase(events_.lanes_, this); }

void Lane::post(Work work) { posted_.push_back(std::move(work)); }

void Lane::run_at(int64_t moment_ms, Work work) { timers_.emplace(moment_ms, std::move(work)); }

// What waits may own what posts again when it ends.
void Lane::drop_all() {
  while (!posted_.empty() || !timers_.empty()) {
    const auto posted = std::exchange(posted_, {});
    const auto timers = std::exchange(timers_, {});
  }
}

std::optional<int64_t> Lane::next_moment(int64_t now_ms) const {
  if (posted_.empty() && timers_.empty()) return std::nullopt;
  const int64_t work = posted_.empty() ? std::max(timers_.begin()->first, now_ms) : now_ms;
  return std::max(work, stalled_until_);
}

void Lane::run_one(Chance& chance, int64_t now_ms) {
  const bool due = !timers_.empty() && timers_.begin()->first <= now_ms;
  Work work;
  if (due && (posted_.empty() || chance.percent(50))) {
    work = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
  } else {
    work = std::move(posted_.front());
    posted_.pop_front();
  }
  work();
}

bool Events::step(int64_t until_ms) {
  if (chance_.percent(15)) clock.advance_to(clock.now_ms() + chance_.between(1, 3));
  const int64_t now = clock.now_ms();
  int64_t next = INT64_MAX;
  ready_.clear();
  for (Lane* lane : lanes_) {
    const auto moment = lane->next_moment(now);
    if (!moment) continue;
    if (*moment <= now) ready_.push_back(lane);
    next = std::min(next, *moment);
  }
  if (ready_.empty()) {
    if (next > until_ms) return false;
    clock.advance_to(next);
    for (Lane* lane : lanes_) {
      const auto moment = lane->next_moment(next);
      if (moment && *moment <= next) ready_.push_back(lane);
    }
  }
  Lane& lane = *ready_[chance_.below(ready_.size())];
  ++steps_;
  trace_.note(clock.now_ms(), "lane", lane.name_hash_, "{}", lane.name_);
  lane.run_one(chance_, clock.now_ms());
  return true;
}

}  // namespace perdure::sim

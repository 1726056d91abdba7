#include "engine/admission.h"

#include <algorithm>
#include <functional>

#include "base/result.h"

namespace perdure::engine {
namespace {

constexpr int64_t floor_period_ms = 1'000;
// A lone start's sojourn times this is no standing queue: it may meet a commit that is under way,
// and a full batch takes longer than a small one.
constexpr int64_t times_floor = 4;
// In an overload the mean sojourn may be so many times what the smallest may be.
constexpr int64_t times_mean = 3;
constexpr uint64_t shared_buckets = 64;

AdmissionLimits consistent(AdmissionLimits limits) {
  limits.smallest_window = std::min(limits.smallest_window, limits.largest_window);
  limits.first_window =
      std::clamp(limits.first_window, limits.smallest_window, limits.largest_window);
  limits.longest_target_ms = std::max(limits.target_ms, limits.longest_target_ms);
  return limits;
}

}  // namespace

Admission::Admission(AdmissionLimits limits)
    : limits_(consistent(limits)), window_(limits_.first_window), share_(window_) {}

// Those beyond the bound on memory share buckets by their hash.
template <class Flows>
uint64_t Admission::number(const Flows& flows, std::string_view name) const {
  const uint64_t hash = std::hash<std::string_view>()(name);
  if (flows.size() < limits_.most_flows || flows.contains(hash)) return hash;
  return hash % shared_buckets;
}

std::optional<Admission::Ticket> Admission::admit(std::string_view account_name,
                                                  std::string_view flow_name, int64_t arrived_ms,
                                                  int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  turn(now_ms);
  const Ticket ticket{number(accounts_, account_name), number(flows_, flow_name),
                      std::min(arrived_ms, now_ms), now_ms};
  Account& account = accounts_[ticket.account];
  Flow& flow = flows_[ticket.flow];
  flow.account = ticket.account;
  if (!has_room(account, flow, is_late(ticket, now_ms) ? 2 : 1)) {
    ++account.refused;
    ++flow.refused;
    ++refused_;
    return std::nullopt;
  }
  if (under_way_++ == 0) waiting_since_ms_ = now_ms;
  peak_ = std::max(peak_, under_way_);
  account.peak = std::max(account.peak, ++account.under_way);
  flow.peak = std::max(flow.peak, ++flow.under_way);
  return ticket;
}

// In the window, or below the share of it. All shares together are about the window, so there are
// never more than about twice as many under way.
bool Admission::has_room(const Account& account, const Flow& flow, int64_t part) const {
  if (under_way_ < window_ / part) return true;
  if (under_way_ >= std::min(3 * window_, limits_.largest_window)) return false;
  const int64_t share = share_ / part;
  return account.under_way < share ||
         (account.under_way < 2 * share && flow.under_way < account.flow_share / part);
}

// Who has waited for longer than a queue may take, before anything was done for him, would be
// served late even by an idle machine. In an overload others that are not late take his place,
// unless the machine has little to do.
bool Admission::is_late(const Ticket& ticket, int64_t now_ms) const {
  if (refused_ == 0 && !refused_before_) return false;
  int64_t longest_ms = 0;
  for (const Delay& delay : delays_) longest_ms = std::max(longest_ms, target_ms(delay.floor));
  return now_ms - ticket.arrived_ms > times_mean * longest_ms;
}

void Admission::finish(const Ticket& ticket, Kind kind, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  leave(ticket);
  const int64_t sojourn_ms = std::max<int64_t>(0, now_ms - ticket.arrived_ms);
  Delay& delay = delays_[static_cast<size_t>(kind)];
  delay.smallest_ms = std::min(delay.smallest_ms.value_or(sojourn_ms), sojourn_ms);
  delay.sum_ms += sojourn_ms;
  ++delay.count;
  const int64_t work_ms = std::max<int64_t>(0, now_ms - ticket.admitted_ms);
  delay.smallest_work_ms = std::min(delay.smallest_work_ms.value_or(work_ms), work_ms);
  waiting_since_ms_ = now_ms;
  turn(now_ms);
}

void Admission::withdraw(const Ticket& ticket, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  leave(ticket);
  turn(now_ms);
}

void Admission::leave(const Ticket& ticket) {
  const auto account = accounts_.find(ticket.account);
  const auto flow = flows_.find(ticket.flow);
  PD_ASSERT(account != accounts_.end() && account->second.under_way > 0);
  PD_ASSERT(flow != flows_.end() && flow->second.under_way > 0);
  --account->second.under_way;
  --flow->second.under_way;
  --under_way_;
}

// Ends the interval, if its time has come.
void Admission::turn(int64_t now_ms) {
  if (now_ms < interval_began_ms_) interval_began_ms_ = now_ms;
  if (now_ms - interval_began_ms_ < limits_.interval_ms) return;
  learn_floors(now_ms);
  judge(now_ms);
  share_out();
  // More than one interval has passed: nothing was refused in the last one.
  refused_before_ = refused_ > 0 && now_ms - interval_began_ms_ < 2 * limits_.interval_ms;
  refused_ = 0;
  for (Delay& delay : delays_) {
    delay.smallest_ms.reset();
    delay.smallest_work_ms.reset();
    delay.sum_ms = delay.count = 0;
  }
  peak_ = under_way_;
  interval_began_ms_ = now_ms;
}

// The smallest sojourn, and in an overload the mean one, as a part of its target: beyond 1 a queue
// is standing.
double Admission::excess(int64_t now_ms) const {
  double most = 0;
  bool any = false;
  for (const Delay& delay : delays_) {
    if (!delay.smallest_ms) continue;
    any = true;
    const auto target = double(target_ms(delay.floor));
    most = std::max(most, double(*delay.smallest_ms) / target);
    if (refused_ == 0 && !refused_before_) continue;
    const double mean_ms = double(delay.sum_ms) / double(delay.count);
    most = std::max(most, mean_ms / (times_mean * target));
  }
  if (any || under_way_ == 0) return most;
  return double(now_ms - waiting_since_ms_) / double(limits_.longest_target_ms);
}

void Admission::judge(int64_t now_ms) {
  const double delay = excess(now_ms);
  if (delay > 1) {
    // As much less as the delay is too long, but not by more than half at a time.
    // A window that is hardly used is not the reason.
    if (peak_ < window_ / 2) return;
    const auto fit = static_cast<int64_t>(double(window_) * std::clamp(1 / delay, 0.5, 0.9));
    window_ = std::max(limits_.smallest_window, fit);
  } else if (refused_ > 0) {
    // After a stall (of the disk, of the machine) there is much room, and nobody should wait for
    // it.
    const int64_t step = window_ / (delay <= 0.25 ? 2 : 10);
    window_ = std::min(limits_.largest_window, window_ + std::max<int64_t>(1, step));
  } else if (!refused_before_ && window_ < limits_.first_window) {
    // All is calm: a burst has as much room as it had before the overload.
    window_ = std::min(limits_.first_window, window_ + window_ / 10);
  }
}

void Admission::Claims::add(const Flow& flow) { flow.refused > 0 ? ++hungry : modest += flow.peak; }

int64_t Admission::Claims::share_of(int64_t whole, int64_t least) const {
  return std::max(least, (whole - modest) / std::max<int64_t>(1, hungry));
}

// Max-min fairness, one step an interval: who was refused nothing keeps what it used, the rest of
// the window is divided evenly among the accounts that want more, and likewise that of an account.
void Admission::share_out() {
  const int64_t least = std::max<int64_t>(1, limits_.smallest_window / 8);
  Claims all;
  std::unordered_map<uint64_t, Claims> of_account;
  for (const auto& [number, account] : accounts_) all.add(account);
  for (const auto& [number, flow] : flows_) of_account[flow.account].add(flow);
  share_ = all.share_of(window_, least);
  for (auto& [number, account] : accounts_) {
    account.flow_share = of_account[number].share_of(share_, least);
  }
  begin_interval(accounts_);
  begin_interval(flows_);
}

// Those of which nothing is left are forgotten.
template <class Flows>
void Admission::begin_interval(Flows& flows) {
  for (auto it = flows.begin(); it != flows.end();) {
    Flow& flow = it->second;
    if (flow.under_way == 0 && flow.refused == 0) {
      it = flows.erase(it);
      continue;
    }
    flow.peak = flow.under_way;
    flow.refused = 0;
    ++it;
  }
}

// Only from an interval in which the window was never used much: between two commits there is
// little under way in a flood, too, and what comes then has still to wait for the next commit.
void Admission::learn_floors(int64_t now_ms) {
  if (peak_ > 2 * limits_.smallest_window) return;
  for (Delay& delay : delays_) {
    const auto& smallest_ms = delay.smallest_work_ms;
    Floor& floor = delay.floor;
    if (!smallest_ms) continue;
    if (now_ms - floor.began_ms >= floor_period_ms || now_ms < floor.began_ms) {
      floor.previous = floor.current;
      floor.current.reset();
      floor.began_ms = now_ms;
    }
    floor.current = std::min(floor.current.value_or(*smallest_ms), *smallest_ms);
  }
}

int64_t Admission::target_ms(const Floor& floor) const {
  const int64_t known =
      std::min(floor.current.value_or(INT64_MAX), floor.previous.value_or(INT64_MAX));
  if (known == INT64_MAX) return limits_.target_ms;
  const int64_t longest = limits_.longest_target_ms;
  return std::clamp(std::min(known, longest) * times_floor, limits_.target_ms, longest);
}

int64_t Admission::window() const {
  const std::lock_guard lock(mutex_);
  return window_;
}

int64_t Admission::under_way() const {
  const std::lock_guard lock(mutex_);
  return under_way_;
}

bool Admission::overloaded(int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  turn(now_ms);
  return refused_ > 0 || refused_before_;
}

}  // namespace perdure::engine

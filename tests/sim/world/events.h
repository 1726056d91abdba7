#pragma once
// Virtual time and the threads of a simulated machine. A lane stands for a runner's thread: its
// work is done in the order of the posts, but which lane goes next is left to chance.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/runner.h"
#include "tests/sim/world/trace.h"

namespace perdure::sim {

// The wall clock of the machine. It stands still unless the events move it, and may be set, forward
// or back.
class WallClock final : public Clock {
 public:
  int64_t now_ms() const override { return now_ms_; }
  void advance_to(int64_t moment_ms);
  void set(int64_t moment_ms);  // a jump

  // For "never early": a moment is marked now; has the clock shown `due_ms` since then?
  size_t mark() const { return latest_.size() - 1; }
  bool reached_since(size_t mark, int64_t due_ms) const;

 private:
  int64_t now_ms_ = 1'763'702'869'123;
  std::vector<int64_t> latest_{now_ms_};  // shown between two jumps back
};

class Events;

class Lane final : public Runner {
 public:
  Lane(Events& events, std::string name);
  ~Lane() override;
  Lane(const Lane&) = delete;

  void post(Work work) override;
  void run_at(int64_t moment_ms, Work work) override;
  // Nothing of it runs before the moment: its thread is not scheduled, its disk is slow.
  void stall_until(int64_t moment_ms) { stalled_until_ = moment_ms; }
  void drop_all();

 private:
  friend class Events;
  std::optional<int64_t> next_moment(int64_t now_ms) const;
  void run_one(Chance& chance, int64_t now_ms);

  Events& events_;
  const std::string name_;
  const uint64_t name_hash_;
  std::deque<Work> posted_;
  std::multimap<int64_t, Work> timers_;
  int64_t stalled_until_ = 0;
};

// All lanes outlive nothing: each may end at any time, and what waited in it is gone.
class Events {
 public:
  Events(Chance chance, Trace& trace) : chance_(chance), trace_(trace) {}

  // One piece of work; false if nothing is left to do before `until_ms`. Time passes until there
  // is something to do.
  bool step(int64_t until_ms);
  WallClock clock;
  int64_t steps() const { return steps_; }

 private:
  friend class Lane;
  Chance chance_;
  Trace& trace_;
  std::vector<Lane*> lanes_;
  std::vector<Lane*> ready_;  // kept for its memory
  int64_t steps_ = 0;
};

}  // namespace perdure::sim

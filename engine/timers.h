#pragma once
// The due rows of the store, fired at their moment. Only the next second's rows are in memory: a
// million sleepers cost one look at the index a second before the earliest is due.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/runner.h"
#include "engine/store/store.h"

namespace perdure::engine {

// Safe from any thread. Outlives the work it has given to the runner.
//
// However many rows are due at once, they are read in pages and fired in groups, in the order of
// their moments; the next group goes out when one before it has been dealt with, so that other work
// gets its turn between them.
class Timers {
 public:
  // Runs on `runner`, at or shortly after the moments, never before them. `done` is called once,
  // from any thread, when the group has had its turn. An actor may be fired though its row has
  // changed meanwhile, or twice: it looks for itself what is due.
  using Fire = std::function<void(std::vector<ActorDue> group, std::function<void()> done)>;
  Timers(Store& store, const Clock& clock, Runner& runner, Fire fire);

  void start();                     // from now on rows are looked at
  void armed(const ActorDue& due);  // a row with this moment has become durable

 private:
  using Moment = std::pair<int64_t, ActorKey>;

  void wait_for_locked(const ActorDue& due);
  void wake_at_locked(int64_t moment_ms);
  void fire_due();
  void fire_groups(std::unique_lock<std::mutex>& lock);
  void look_at_locked(int64_t moment_ms);
  void look();
  void took_page_locked(const std::vector<ActorDue>& rows, int64_t horizon_ms);
  void forget_old_locked(int64_t now_ms);

  Store& store_;
  const Clock& clock_;
  Runner& runner_;
  const Fire fire_;
  std::mutex mutex_;
  std::map<Moment, ActorKind> waiting_;  // read or armed, due soon
  std::set<Moment> fired_;               // of the last half minute
  int64_t next_wake_ms_ = INT64_MAX;
  int64_t groups_under_way_ = 0;
  // Rows due before this moment are in `waiting_` or have been fired.
  int64_t horizon_ms_ = INT64_MIN;
  DuePosition read_up_to_;                 // where the next page begins
  int64_t next_full_look_ms_ = INT64_MIN;  // INT64_MAX: nothing asks for one
  int64_t next_look_ms_ = INT64_MAX;
};

}  // namespace perdure::engine

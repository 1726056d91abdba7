#pragma once
// The due rows of the store, fired at their moment. Only the next second's rows are in memory: a
// million sleepers cost one look at the index a second before the earliest is due.

#include <functional>
#include <mutex>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/runner.h"
#include "engine/store/store.h"

namespace perdure::engine {

// Safe from any thread. Outlives the work it has given to the runner.
class Timers {
 public:
  // `fire` runs on `runner`, at or shortly after the moment, never before it. An actor may be fired
  // though its row has changed meanwhile, or twice: it looks for itself what is due.
  using Fire = std::function<void(const ActorDue& due)>;
  Timers(Store& store, const Clock& clock, Runner& runner, Fire fire);

  void start();                     // from now on rows are looked at
  void armed(const ActorDue& due);  // a row with this moment has become durable

 private:
  void hand_out_locked(const ActorDue& due);
  void look_at_locked(int64_t moment_ms);
  void look();
  void forget_old_locked(int64_t now_ms);

  Store& store_;
  const Clock& clock_;
  Runner& runner_;
  const Fire fire_;
  std::mutex mutex_;
  std::set<std::pair<int64_t, ActorKey>> handed_out_;
  int64_t horizon_ms_ = 0;  // rows due before it have been handed out
  int64_t next_look_ms_ = INT64_MAX;
};

}  // namespace perdure::engine

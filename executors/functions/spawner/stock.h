#pragma once
// What the spawner keeps ready: zygotes, which have an interpreter and what handlers import loaded
// and fork workers, and cells, processes that have done the same and wait to become one worker.
//
// A zygote never sees an order: that lies in a file which only its child reads. So what one worker
// is told cannot be found in the memory of the next.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "executors/functions/reactor.h"
#include "executors/functions/sandbox/level.h"
#include "executors/functions/sockets.h"
#include "executors/functions/spawner/protocol.h"
#include "executors/functions/spawner/shepherd.h"
#include "executors/functions/spawner/zygote_process.h"

namespace perdure::executors::spawn {

// A worker that waits to be told who it is: inside its walls, if it has a root of its own, else
// with the walls to come.
struct Cell {
  Shepherd shepherd;
  std::string group;  // the name of its control group
};

// The walls of such cells name the function's own files: they stand once the function is known.
inline bool walls_follow(const Keep& kind) {
  return !kind.from.empty() && kind.sandbox.level < static_cast<uint8_t>(sandbox::Level::b);
}

// Lives on the reactor's thread.
class Stock {
 public:
  struct Handlers {
    // Starts a worker that waits, in its sandbox; and takes back what one has that has ended.
    std::function<Result<Cell>(const Keep& kind)> start_cell;
    std::function<void(const Cell& cell)> ended_cell;
    // How an order for a zygote ended: the process id of the worker's shepherd, or why there is
    // none.
    std::function<void(const Spawn& order, Result<int> shepherd)> forked;
  };

  Stock(Reactor& reactor, Handlers handlers) : reactor_(reactor), handlers_(std::move(handlers)) {}

  void keep(const Keep& order);

  // A cell that has just been told to become this worker; nothing: none is there. `walls` makes
  // those that follow, and is not called if none do.
  std::optional<Cell> take_cell(const Spawn& order,
                                const std::function<Result<sandbox::Plan>()>& walls);
  // A zygote is asked for the worker: its pipes, and `forked` comes with the rest. Nothing: no
  // zygote is ready.
  std::optional<Shepherd> fork(const Spawn& order, const sandbox::Plan& plan);
  // For `start_cell`: the same for a cell, which has no process either until the zygote answers.
  Result<Shepherd> fork_cell(const Spawn& order, const sandbox::Plan& plan);

  // An order is under way: a child of ours that nobody knows may be its shepherd.
  bool forking() const;
  // All children of the calling process that belong here.
  std::vector<int> processes() const;
  void end();

 private:
  struct Asked {
    Spawn order;
    bool cell = false;
  };
  struct Zygote {
    ZygoteProcess process;
    bool ready = false;
    bool loaded = false;      // all that it loads
    std::deque<Asked> asked;  // not answered yet, oldest first
  };
  struct Kept {
    Keep order;
    std::optional<Zygote> zygote;
    std::deque<Cell> cells;
    int64_t failures = 0;  // in a row
    uint64_t timer = 0;    // of the next refill, 0: none
  };
  Kept* find(const std::string& key, uint8_t kind);
  Zygote* ready_zygote(const std::string& key);
  static std::optional<Shepherd> ask(Zygote& zygote, const Spawn& order, const sandbox::Plan& plan,
                                     Waits waits);
  void refill_after(Kept& kept, int64_t delay_ms);
  void refill(Kept& kept);
  void start_zygote(Kept& kept);
  void start_cell(Kept& kept);
  static Result<> tell(Cell& cell, const Keep& kind, const Spawn& order,
                       const std::function<Result<sandbox::Plan>()>& walls);
  void watch_cell(const std::string& key, const Cell& cell);
  void on_zygote(const std::string& key);
  void loaded(const std::string& zygote);
  void answered(const Asked& asked, Result<int> shepherd);
  void cell_forked(const std::string& group, Result<int> shepherd);
  void refill_after_failure(Kept& kept);
  void lost_zygote(Kept& kept);
  void lost_cell(Kept& kept, const std::string& group);
  void end(Cell& cell);
  void drop(Kept& kept);

  Reactor& reactor_;
  const Handlers handlers_;
  std::map<std::string, Kept> kept_;
  bool ended_ = false;
};

}  // namespace perdure::executors::spawn

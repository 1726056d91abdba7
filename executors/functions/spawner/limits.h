#pragma once
// Until when a worker may work on what it has, and how much memory it may use: who goes beyond is
// ended, whether an engine is there or not.

#include <functional>
#include <string>

#include "executors/functions/reactor.h"
#include "executors/functions/sandbox/cgroups.h"
#include "executors/functions/spawner/board.h"
#include "executors/functions/spawner/worker.h"

namespace perdure::executors::spawn {

// Lives on the reactor's thread; groups and board outlive it.
class Limits {
 public:
  struct Handlers {
    std::function<Worker*(const std::string& id)> find;
    std::function<void(Worker&)> end;          // with all that it has started
    std::function<void(Worker&)> end_program;  // what lingers goes on
  };

  Limits(Reactor& reactor, sandbox::Cgroups& groups, const Board& board, Handlers handlers)
      : reactor_(reactor), groups_(groups), board_(board), handlers_(std::move(handlers)) {}

  void set_deadline(Worker& worker, uint64_t timeout_ms);  // 0: none
  // Of the memory of its control group.
  void watch_pressure(Worker& worker, sandbox::Cgroups::Group group);
  void forget(Worker& worker);

  void assigned(Worker& worker, const std::string& request, uint64_t timeout_ms);
  void finished(Worker& worker);
  // What the engine has written on the board and did not come to tell: the call it gave last, or
  // that it is over.
  void take_over(Worker& worker);
  // Of its control group, with all it has started; else of its first process.
  static void note_peak(Worker& worker);

 private:
  void at_deadline(Worker& worker);
  bool is_past(const Worker& worker) const;
  void check_memory(Worker& worker);
  void look_at_memory(Worker& worker);

  Reactor& reactor_;
  sandbox::Cgroups& groups_;
  const Board& board_;
  const Handlers handlers_;
};

}  // namespace perdure::executors::spawn

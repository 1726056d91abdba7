#pragma once
// Snapshots of functions' versions: workers whose program, once it has loaded the function's code,
// waits for orders and forks other workers of the same version.
//
// A snapshot has run user code: nothing that it says is believed. A process that it has forked gets
// its order once the kernel has said which one it is, that it is of the snapshot's own namespaces,
// and it has been moved into a control group of its own. What is lied about concerns nobody but the
// version itself.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "executors/functions/reactor.h"
#include "executors/functions/sandbox/cgroups.h"
#include "executors/functions/sandbox/plan.h"
#include "executors/functions/sockets.h"
#include "executors/functions/spawner/protocol.h"
#include "executors/functions/spawner/shepherd.h"

namespace perdure::executors::spawn {

// Lives on the reactor's thread.
class Snapshots {
 public:
  struct Handlers {
    // A control group of this name, and away with it.
    std::function<Result<sandbox::Cgroups::Group>(const std::string& name, const SandboxOrder&)>
        make_group;
    std::function<void(const std::string& name)> drop_group;
    std::function<void(const std::string& snapshot)> taken;  // from now on it can be forked
    // The process that becomes the worker; or why there is none, which may turn out later too.
    std::function<void(const Spawn& order, Result<int> pid)> forked;
    std::function<void(const std::string& worker, int status)> ended;  // as wait() tells it
    std::function<void(const std::string& snapshot)> idle;             // it has no workers any more
    // It keeps what a worker has left behind, and is to end.
    std::function<void(const std::string& snapshot)> spoiled;
  };
  struct Source {
    int shepherd = 0;    // a child of ours that is not reaped before remove()
    Descriptor control;  // its program has the other end
    uint32_t uid = 0;    // of all in it
    SandboxOrder sandbox;
    std::vector<sandbox::Call> walls;  // that its workers put up (sandbox::forked_calls)
  };
  // What a worker has before it runs. Its control group is the caller's from then on.
  struct Begun {
    Shepherd shepherd;  // pipes only: its shepherd is the snapshot's
    int pid = 0;        // 0: `forked` will tell
    std::string group_name;
    sandbox::Cgroups::Group group;
  };

  Snapshots(Reactor& reactor, Handlers handlers)
      : reactor_(reactor), handlers_(std::move(handlers)) {}

  void add(const std::string& snapshot, Source source);
  bool can_fork(const Spawn& order) const;
  // The snapshot that the order names makes the worker.
  Result<Begun> fork(const Spawn& order);
  // Its shepherd says so; the number is that of its namespace.
  void reaped(const std::string& snapshot, int process, int status);
  // Of a worker that does not run yet nobody wants one any more.
  void give_up(const std::string& snapshot, const std::string& worker);
  bool has(const std::string& snapshot) const { return snapshots_.contains(snapshot); }
  bool has_workers(const std::string& snapshot) const;
  // Its shepherd is gone, and so are all workers in there: `ended` comes for each.
  void remove(const std::string& snapshot);

 private:
  enum class Stage { asked, ready, told, runs };
  // A process that it has forked, or is to: one waits without an order, so that a worker need not
  // wait for what takes longest, the move into a control group.
  struct Forked {
    std::optional<Spawn> order;
    Stage stage = Stage::asked;
    Begun begun;
    Descriptor socket;  // to the process, until it runs
    Descriptor alive;   // of the process: readable once it has ended
    std::vector<std::string> group_files;
    int pid = 0;
    int process = 0;  // the same in the namespace
  };
  using Forks = std::map<std::string, Forked>;  // by the name of their control group
  struct Snapshot {
    Source source;
    bool taken = false;
    Forks forked;
    uint64_t number = 0;  // of the next
    uint64_t timer = 0;   // of the next spare one, 0: none
  };

  void on_control(const std::string& snapshot);
  Result<Forks::iterator> ask(const std::string& snapshot);
  Result<Descriptor> send_order_for_process(const Snapshot& snapshot, const std::string& name,
                                            const WorkerPipes& pipes);
  void make_spare(const std::string& snapshot);
  void on_word(const std::string& snapshot, const std::string& name);
  Result<> look_at(const std::string& snapshot, const std::string& name, int pid);
  void after_end(const std::string& snapshot, const std::string& name);
  void unanswered(const std::string& snapshot, const std::string& name);
  static Result<> tell(const Snapshot& snapshot, Forked& forked);
  void lose(const std::string& snapshot, const std::string& name, const Error& why);
  void end(const std::string& snapshot, const std::string& name, int status);
  void drop(const std::string& snapshot, const std::string& name);
  Forked* find(const std::string& snapshot, const std::string& name);

  Reactor& reactor_;
  const Handlers handlers_;
  std::map<std::string, Snapshot> snapshots_;
};

}  // namespace perdure::executors::spawn

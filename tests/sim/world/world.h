#pragma once
// A machine with an engine on it, and everything around them, in virtual time on one thread. The
// same options give the same run, byte for byte.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/assembly.h"
#include "tests/sim/world/chance.h"
#include "tests/sim/world/events.h"
#include "tests/sim/world/feature.h"
#include "tests/sim/world/ledger.h"
#include "tests/sim/world/library.h"
#include "tests/sim/world/mutants.h"
#include "tests/sim/world/storage.h"
#include "tests/sim/world/trace.h"
#include "tests/sim/world/watched_store.h"
#include "tests/sim/world/workers.h"

namespace perdure::sim {

struct Options {
  uint64_t seed = 1;
  Bug bug;             // planted
  bool shown = false;  // the trace, line by line
};

// What a run has met: a simulation that meets nothing proves nothing.
struct Coverage {
  int64_t steps = 0, commits = 0, crashes = 0, power_losses = 0, clock_jumps = 0;
  int64_t executions = 0, compared = 0;  // with the fault-free run
  void add(const Coverage& other);
};

// Which faults a world has. Each seed has some of them only, so that rare ones meet often.
struct Faults {
  bool crashes = false;
  bool crashes_at_commits = false;
  bool power_losses = false;
  bool dying_disks = false;
  bool clock_jumps = false;
  bool stalls = false;
  bool full_disks = false;
};

class World {
 public:
  // The library outlives the world.
  World(const Options& options, Library& library);
  ~World();

  // Throws Violation. Returns the hash of all that happened.
  uint64_t run();
  Coverage coverage() const;

  // For features and workers:
  engine::Engine* engine();  // null while the process is down
  engine::Assembly* assembly();
  int64_t incarnation() const { return incarnation_; }
  int64_t now_ms() const { return events_.clock.now_ms(); }
  bool faulty() const { return faulty_; }  // the safety phase
  Ledger& ledger() { return ledger_; }
  Library& library() { return library_; }
  Workers& workers() { return workers_; }
  Chance& chance() { return chance_; }
  const WallClock& clock() const { return events_.clock; }
  const std::vector<const Definition*>& machines() const { return machines_; }
  const std::vector<const Definition*>& express_machines() const { return express_; }
  // Outside the machine: it is done whatever happens to the process.
  void later(int64_t ms, std::function<void()> work);
  // Only if the process that runs now runs then.
  void later_here(int64_t ms, std::function<void()> work);
  void create_machine(const Definition& definition,
                      std::function<void(Result<engine::StateMachineRecord>)> done);
  // Told of what EXPRESS executions do, once it counts.
  using ExpressWatcher =
      std::function<void(const asl::Execution& execution, const std::vector<asl::Entry>& entries)>;
  void watch_express(ExpressWatcher watcher) { express_watchers_.push_back(std::move(watcher)); }

  void require(bool held, const char* invariant, const std::string& detail) const {
    if (!held) throw Violation{invariant, detail};
  }
  template <class... Arguments>
  void note(std::string_view what, uint64_t number, fmt::format_string<Arguments...> format,
            Arguments&&... arguments) {
    trace_.note(now_ms(), what, number, format, std::forward<Arguments>(arguments)...);
  }

 private:
  class LiveState;
  // All that is gone when the process is.
  struct Process {
    explicit Process(Events& events);
    ~Process();
    Lane shards[2], committer, timers, compute;
    std::unique_ptr<WatchedStore> store;
    std::unique_ptr<engine::EntrySink> sink;
    std::unique_ptr<engine::Assembly> assembly;
    bool ready = false;
  };

  // world.cc
  void set_up();
  void boot();
  void step_until(int64_t until_ms);
  bool step(int64_t until_ms);
  void act_later();
  void act();
  void finish_everything();
  bool settled() const;
  std::string unsettled() const;
  void check_endings();

  // faults.cc
  void choose_faults();
  void fault_later();
  void fault();
  void crash(bool power);
  void jump();
  WatchedStore::Hooks hooks();

  const Options options_;
  Library& library_;
  Trace trace_;
  Chance chance_;
  Events events_;
  Lane outside_;
  const std::unique_ptr<engine::Blobs> blobs_;
  Ledger ledger_;
  const std::unique_ptr<Storage> storage_;
  SeededRandom engine_random_;
  engine::EngineLimits limits_;
  Workers workers_;
  std::vector<ExpressWatcher> express_watchers_;
  std::vector<std::unique_ptr<Feature>> features_;
  std::vector<const Definition*> machines_, express_;
  std::unique_ptr<Process> process_;
  int64_t incarnation_ = 0;
  int64_t acts_left_ = 0;
  bool faulty_ = false;

  Faults faults_;
  int64_t commits_until_crash_ = -1;  // -1: no crash is planned
  bool crash_before_ = false;
  bool power_ = false;  // the next crash is a power loss
  int64_t full_until_ms_ = 0;
  Coverage coverage_;
};

}  // namespace perdure::sim

#pragma once
// The engine put together from what `main` (or a simulator) gives: time, chance, threads, store.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "asl/execution/advance.h"
#include "base/clock.h"
#include "base/runner.h"
#include "engine/blobs.h"
#include "engine/catalog/documents.h"
#include "engine/engine.h"
#include "engine/execution_log.h"
#include "engine/executor.h"
#include "engine/invocations.h"
#include "engine/mutant.h"
#include "engine/objects/objects.h"
#include "engine/schedules/schedules.h"
#include "engine/store/store.h"

namespace perdure::engine {

struct EngineLimits {
  asl::Limits execution;
  int64_t distributed_map_concurrency = 10'000;    // children of a map run at once
  int64_t retention_ms = 90LL * 24 * 3600 * 1000;  // of closed executions
  int64_t idle_ms = 5'000;                         // an actor without work leaves memory after this
  int64_t upkeep_ms = 60'000;   // between two looks at what may be forgotten; 0: never
  int64_t start_target_ms = 4;  // see AdmissionLimits::target_ms
  // Of last resort: beyond one of these, starts are refused whatever the admission says.
  int64_t max_starting = 20'000;       // starts under way
  int64_t queue_delay_ms = 5'000;      // how far commits lag behind
  int64_t max_live_bytes = 1LL << 30;  // journals in memory
  // Every execution is replayed after each commit and compared with the live one: for tests.
  bool check_replay = false;
};

// All outlive the engine. The runners may be one and the same object (simulator, tests).
struct EngineParts {
  const Clock& clock;
  Random& random;               // used under a lock of the engine's
  std::vector<Runner*> shards;  // the 256 shards map onto these
  Runner& committer;            // commits block it
  Runner& timers;               // prefetches due timers; reads block it
  Store& store;
  Blobs& blobs;
  EngineLimits limits;
  // Where expressions are evaluated that would hold up a shard; null: they hold it up.
  Runner* compute = nullptr;
  Mutant mutant = Mutant::none;
  // Where map runs read their items and write their results; null: the timers' runner.
  Runner* blocking = nullptr;
  // Called from any thread. Who makes many engines may remember what one of them has read.
  LoadDefinition load_definition = asl::load_definition;
};

// How the engine keeps up.
struct EngineLoad {
  int64_t commit_delay_ms = 0;  // how long the oldest burst has been waiting for the disk
  bool disk_full = false;
  int64_t live_bytes = 0;  // journals of the executions in memory
  int64_t starting = 0;    // starts that are not durable yet
  int64_t throttled = 0;   // starts refused since the server began
};

class Assembly {
 public:
  virtual ~Assembly() = default;
  virtual Engine& engine() = 0;
  virtual AnswerSink& answers() = 0;
  virtual DocumentWriter& document_writer() = 0;
  virtual Schedules& schedules() = 0;
  virtual Invocations& invocations() = 0;
  virtual Objects& objects() = 0;
  virtual EngineLoad load() const = 0;  // any thread

  // Before start(). The first executor that serves a resource gets it.
  virtual void add_executor(std::shared_ptr<Executor> executor) = 0;
  // Before start(). Is told what happens to executions that are logged; outlives the engine.
  virtual void set_entry_sink(EntrySink& sink) = 0;
  // Takes the leases and recovers; after it the engine answers.
  virtual Result<> start() = 0;
  // Refuses new starts, then calls `done` once nothing is on its way to the disk, or at the
  // deadline (UTC ms) at the latest. What is open goes on after the next start. Shortly before the
  // deadline those who wait for the end of an execution are told so (unavailable).
  virtual void drain(int64_t deadline_ms, std::function<void()> done) = 0;
};

// Loads the catalog. Nothing runs before start().
Result<std::unique_ptr<Assembly>> make_engine(EngineParts parts);

}  // namespace perdure::engine

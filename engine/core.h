#pragma once
// What the hosts share: the given parts, and the way from one actor to another.

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/actor.h"
#include "engine/assembly.h"
#include "engine/committer.h"
#include "engine/map_runs/item_source.h"
#include "engine/timers.h"

namespace perdure::engine {

class EntrySink;
class Objects;
class Host;

struct Core {
  Core(EngineParts parts_, Timers::Fire fire);
  ~Core();

  const EngineParts parts;
  Committer committer;
  Timers timers;
  StateMachines* machines = nullptr;
  std::vector<std::shared_ptr<Executor>> executors;
  EntrySink* sink = nullptr;   // null: nothing is logged
  OpenItems open_items;        // of ItemReaders; empty: there are no objects
  Objects* objects = nullptr;  // of ResultWriters; null: likewise
  std::string token_secret;
  std::vector<std::unique_ptr<Host>> hosts;  // one a runner
  std::atomic<int64_t> live_bytes{0};

  bool is(Mutant mutant) const { return parts.mutant == mutant; }
  int64_t now_ms() const { return parts.clock.now_ms(); }
  // What is in memory is as much as there should be.
  bool memory_is_short() const { return live_bytes > parts.limits.max_live_bytes; }
  Host& host_of(const ActorKey& key) { return *hosts[key.shard() % hosts.size()]; }
  // Puts mail into an actor's box, from any thread.
  void post(const ActorKey& key, Mail mail);
  // The first executor that serves the resource; null if none does.
  Executor* executor_for(const asl::TaskResource& resource) const;
};

}  // namespace perdure::engine

// What warm workers hold of the machine's memory, and who gives way when it is too much.

#include "executors/functions/pool/pools.h"
#include "executors/functions/pool/process_memory.h"

namespace perdure::executors {
namespace {
constexpr int64_t usual_memory_kib = 12 << 10;  // of a worker of which nothing is known yet
constexpr int64_t weigh_pause_ms = 500;
constexpr int weigh_at_most = 16;  // in one go: each takes a fraction of a millisecond
}  // namespace

int64_t Pools::memory_of(const Worker& worker) const {
  if (worker.memory_kib > 0) return worker.memory_kib;
  return worker.pool->memory_kib > 0 ? worker.pool->memory_kib : usual_memory_kib;
}

// Before another worker starts.
void Pools::make_room() {
  if (options_.memory_kib <= 0) return;
  int64_t used_kib = usual_memory_kib;
  for (const auto& [id, worker] : workers_) {
    if (worker->state != State::ending) used_kib += memory_of(*worker);
  }
  while (used_kib > options_.memory_kib) {
    WorkerHandle least;
    for (const auto& [key, pool] : pools_) {
      for (const WorkerHandle& worker : pool->idle) {
        if (!worker->provisioned && (!least || worker->worth < least->worth)) least = worker;
      }
      const WorkerHandle& snapshot = pool->snapshot;
      if (snapshot && snapshot->taken && (!least || snapshot->worth < least->worth)) {
        least = snapshot;
      }
    }
    if (!least) return;  // all work: the limit of invocations bounds them
    used_kib -= memory_of(*least);
    eviction_.gave_way(least->worth);
    if (least == least->pool->snapshot) {
      end_snapshot(least->pool);
      continue;
    }
    std::erase(least->pool->idle, least);
    end_worker(least);
  }
}

// Weighs those that have worked since they were weighed last, a few at a time and never while
// somebody waits for their answer.
void Pools::weigh() {
  Guard guard(*this);
  if (stopped_) return;
  int left = weigh_at_most;
  for (const auto& [key, pool] : pools_) {
    for (const WorkerHandle& worker : pool->idle) {
      if (worker->memory_kib > 0 && worker->weighed_calls == worker->calls) continue;
      if (left == 0) break;
      --left;
      worker->weighed_calls = worker->calls;
      worker->memory_kib = process_memory_kib(worker->pid).value_or(memory_of(*worker));
      pool->memory_kib = worker->memory_kib;
    }
    if (const WorkerHandle& snapshot = pool->snapshot; snapshot && snapshot->memory_kib == 0) {
      snapshot->memory_kib = snapshot->taken ? process_memory_kib(snapshot->pid).value_or(0) : 0;
    }
  }
  weigh_timer_ = reactor_.after(weigh_pause_ms, [this] { weigh(); });
}

}  // namespace perdure::executors

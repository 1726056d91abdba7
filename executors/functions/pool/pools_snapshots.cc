// Snapshots of versions with SnapStart: processes that have loaded the function, from which workers
// are forked. They count as memory that gives way, and end when their version is idle for long.

#include "base/log.h"
#include "executors/functions/pool/pools.h"

namespace perdure::executors {
namespace {

constexpr int64_t failure_pause_ms = 1000;
constexpr int most_failures = 3;          // without a worker in between
constexpr int64_t idle_ttls = 6;          // a worker goes sooner than what it comes from
constexpr int64_t patience_ms = 960'000;  // longer than any start may take

std::string reason_of(const std::string& init_error) {
  const auto json = parse_json(init_error);
  if (!json || !json->is_object()) return init_error;
  const std::string type = json->value("errorType", "");
  const std::string message = json->value("errorMessage", "");
  return type == "Runtime.NoSnapshot" ? message : "its start fails with " + type + ": " + message;
}

}  // namespace

void Pools::take_snapshot(FunctionHandle version, std::string code_root) {
  reactor_.post([this, version = std::move(version), code_root = std::move(code_root)] {
    Guard guard(*this);
    want_snapshot(pool_of(version, code_root));
  });
}

bool Pools::optimizes(const FunctionConfiguration& version) const {
  std::lock_guard lock(mutex_);
  if (!snap_starts(version) || !can_be_snapshot(version, places_)) return false;
  const auto pool = pools_.find(version.arn + "\n" + version.revision_id);
  return pool == pools_.end() || pool->second->no_snapshot.empty();
}

void Pools::want_snapshot(const PoolHandle& pool) {
  if (!snap_starts(*pool->function) || pool->snapshot || !pool->no_snapshot.empty()) return;
  if (stopped_ || pool->retired || pool->code_root.empty() || !link_->connected()) return;
  if (monotonic_ms() < pool->snapshot_pause_until_ms) return;
  WorkerIdentity identity = new_worker(random_, clock_.now_ms(), pool->function->version);
  auto order = snapshot_order(*pool->function, pool->code_root, identity, places_);
  if (!order) {
    WorkerLog log(logs_, clock_, pool->function->tenant, pool->function->log_group(),
                  identity.log_stream);
    return no_snapshot(pool, log, order.error().cause);
  }
  make_room();
  WorkerHandle snapshot = add_worker(std::move(identity), pool);
  snapshot->state = State::snapshot;
  pool->snapshot = snapshot;
  link_->send(*order);
}

void Pools::on(const spawn::SnapshotTaken& taken) {
  const WorkerHandle snapshot = find(taken.worker);
  if (!snapshot || snapshot->state != State::snapshot) return;
  snapshot->taken = true;
  snapshot->init_us = std::max<int64_t>(monotonic_us() - snapshot->spawned_us, 1);
  snapshot->log->init_report(snapshot->init_us);
  used(snapshot);
}

void Pools::used(const WorkerHandle& snapshot) {
  snapshot->idle_since_ms = monotonic_ms();
  snapshot->worth =
      eviction_.worth(snapshot->pool->calls + 1, snapshot->init_us, memory_of(*snapshot));
}

// What the next worker comes from; null: it starts the ordinary way.
const WorkerIdentity* Pools::snapshot_of(const PoolHandle& pool) {
  if (!pool->snapshot || !pool->snapshot->taken) return nullptr;
  used(pool->snapshot);
  return &pool->snapshot->identity;
}

// For whoever wrote the function, and for whoever runs the server.
void Pools::no_snapshot(const PoolHandle& pool, WorkerLog& log, std::string why) {
  const std::string text = "SnapStart: no snapshot, workers start the ordinary way: " + why;
  log.line(text);
  log_warning("{}: {}", pool->function->version_arn(), text);
  pool->no_snapshot = std::move(why);
}

// A start that says what is wrong with it would say so again.
void Pools::lost_snapshot(const WorkerHandle& snapshot, const spawn::Exited* exited) {
  const PoolHandle pool = snapshot->pool;
  snapshot->state = State::ending;
  if (pool->snapshot == snapshot) pool->snapshot = nullptr;
  if (!exited || stopped_) return;
  pool->snapshot_pause_until_ms = monotonic_ms() + failure_pause_ms;
  if (snapshot->taken) {
    snapshot->log->line("SnapStart: the snapshot has ended");
    log_warning("{}: its snapshot has ended", pool->function->version_arn());
    if (++pool->snapshot_failures == most_failures) {
      no_snapshot(pool, *snapshot->log, "it ends again and again");
    }
  } else if (!snapshot->init_error.empty()) {
    no_snapshot(pool, *snapshot->log, reason_of(snapshot->init_error));
  } else if (++pool->snapshot_failures == most_failures) {
    no_snapshot(
        pool, *snapshot->log,
        exited->timed_out ? "its start takes too long" : "its start does not come to an end");
  }
}

void Pools::end_snapshot(const PoolHandle& pool) {
  if (!pool->snapshot) return;
  const WorkerHandle snapshot = std::exchange(pool->snapshot, nullptr);
  snapshot->state = State::ending;
  reactor_.post([this, id = snapshot->identity.id] {
    Guard guard(*this);
    link_->send(spawn::EndProgram{id});
  });
}

void Pools::expire_snapshot(const PoolHandle& pool, int64_t now_ms) {
  if (!pool->snapshot) return;
  const WorkerHandle& snapshot = pool->snapshot;
  const int64_t limit_ms = snapshot->taken ? options_.idle_ttl_ms * idle_ttls : patience_ms;
  const int64_t since_ms = snapshot->taken ? snapshot->idle_since_ms : snapshot->spawned_us / 1000;
  if (now_ms - since_ms >= limit_ms) end_snapshot(pool);
}

}  // namespace perdure::executors

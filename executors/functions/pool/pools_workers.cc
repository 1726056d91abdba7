// The life of workers: started, warm, in the way, ended.

#include <algorithm>

#include "executors/functions/pool/pools.h"

namespace perdure::executors {
namespace {
constexpr int64_t settling_patience_ms = 50;
constexpr int64_t settling_limit_ms = 60'000;  // then a worker that answered does not ask for more
constexpr int64_t kept_answer_ms = 900'000;    // for a recovery that never asks
}  // namespace

// A worker that has just answered is about to be free, which is sooner than any new one: it is
// counted on for a moment.
std::ptrdiff_t Pools::about_to_settle(const Pool& pool) {
  const int64_t now = monotonic_ms();
  return std::ranges::count_if(pool.settling, [&](const WorkerHandle& worker) {
    return now - worker->settling_since_ms < settling_patience_ms;
  });
}

// As many as wait for one.
void Pools::start_workers(const PoolHandle& pool) {
  if (!link_->connected() || pool->code_root.empty()) return;
  const auto expected = about_to_settle(*pool);
  auto wanted = [&] { return std::ssize(pool->waiting) - pool->starting; };
  if (wanted() > 0 && expected > 0) look_again(pool);
  while (wanted() > expected && may_start()) spawn_worker(pool);
  if (wanted() > expected && !std::exchange(pool->wants_start, true)) {
    starts_wanted_.push_back(pool);
  }
}

void Pools::look_again(const PoolHandle& pool) {
  if (std::exchange(pool->looks_again, true)) return;
  reactor_.after(settling_patience_ms, [this, pool, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    Guard guard(*this);
    pool->looks_again = false;
    start_workers(pool);
  });
}

// Many starts at once would each only take longer: they wait for each other, each pool for its
// turn.
bool Pools::may_start() const { return options_.starts <= 0 || starting_ < options_.starts; }

void Pools::start_others() {
  for (size_t turns = starts_wanted_.size(); turns > 0 && may_start(); --turns) {
    PoolHandle pool = starts_wanted_.front();
    starts_wanted_.pop_front();
    pool->wants_start = false;
    start_workers(pool);
    top_up(pool);
  }
}

void Pools::count_start(const WorkerHandle& worker) {
  worker->counted_starting = true;
  ++worker->pool->starting;
  ++starting_;
}

// True if it was starting until now.
bool Pools::uncount_start(const WorkerHandle& worker) {
  if (!std::exchange(worker->counted_starting, false)) return false;
  --worker->pool->starting;
  --starting_;
  return true;
}

void Pools::spawn_worker(const PoolHandle& pool, bool provisioned) {
  make_room();
  WorkerIdentity identity = new_worker(random_, clock_.now_ms(), pool->function->version);
  const WorkerIdentity* snapshot = snapshot_of(pool);
  auto order =
      launch_order(*pool->function, pool->code_root, identity, places_, provisioned, snapshot);
  keep_ready(*pool->function);
  WorkerHandle worker = add_worker(std::move(identity), pool);
  worker->provisioned = provisioned;
  if (snapshot) worker->snapshot_key = pool->snapshot->access_key;
  count_start(worker);
  if (provisioned) ++pool->provisioned_alive;
  ++cold_starts_;
  if (!order) {
    worker->init_error = error_payload("Runtime.InvalidEntrypoint", order.error().cause);
    reactor_.post([this, worker] {
      Guard guard(*this);
      gone(worker, nullptr);
    });
    return;
  }
  // As on AWS a start may take ten seconds; a function with a longer timeout gets that.
  worker->from = order->from;
  offer_code_cache(*worker, *order);
  order->timeout_ms =
      static_cast<uint64_t>(std::max(options_.init_timeout_ms, pool->function->timeout_s * 1000));
  link_->send(*order);
}

// ---- what is kept ready for them

// The sandbox's level, which decides, is known with the first connection.
void Pools::prepare(const FunctionConfiguration& function) {
  reactor_.post([this, function] {
    Guard guard(*this);
    if (!link_->connected()) {
      prepare_later_.push_back(function);
    } else {
      keep_ready(function);
    }
  });
}

void Pools::keep_ready(const FunctionConfiguration& function) {
  for (const spawn::Keep& kind : keep_orders(function, places_)) {
    tell(ready_.want(kind, monotonic_ms()));
  }
}

void Pools::prepare_all() {
  for (const FunctionConfiguration& function : std::exchange(prepare_later_, {})) {
    for (const spawn::Keep& kind : keep_orders(function, places_)) {
      ready_.want(kind, monotonic_ms());
    }
  }
  tell(ready_.all());
}

void Pools::tell(const std::vector<spawn::Keep>& orders) {
  for (const spawn::Keep& order : orders) link_->send(order);
}

void Pools::on(const spawn::Started& started) {
  WorkerHandle worker = find(started.worker);
  if (!worker) return;
  worker->tier = started.tier;
  worker->pid = started.pid;
  if (started.tier == spawn::Tier::snapshot) worker->pool->snapshot_failures = 0;
  if (started.tier == spawn::Tier::snapshot) {
    const FunctionConfiguration& function = *worker->pool->function;
    return worker->log->restore_start(function.name, function.version, function.runtime);
  }
  if (started.tier != spawn::Tier::cell) tell(ready_.missed(worker->from, monotonic_ms()));
}

Pools::WorkerHandle Pools::add_worker(WorkerIdentity identity, const PoolHandle& pool) {
  auto worker = std::make_shared<Worker>();
  worker->access_key = credentials_of(identity.secret).access_key;
  worker->pool = pool;
  worker->spawned_us = monotonic_us();
  worker->log = std::make_unique<WorkerLog>(logs_, clock_, pool->function->tenant,
                                            pool->function->log_group(), identity.log_stream,
                                            log_settings_of(*pool->function));
  worker->identity = std::move(identity);
  workers_[worker->identity.id] = worker;
  return worker;
}

Pools::WorkerHandle Pools::find(std::string_view worker) const {
  auto found = workers_.find(worker);
  return found == workers_.end() ? nullptr : found->second;
}

void Pools::end_worker(const WorkerHandle& worker) {
  worker->state = State::ending;
  // The caller may not be on the reactor's thread.
  reactor_.post([this, worker] {
    Guard guard(*this);
    if (!say_goodbye(worker, "spindown")) link_->send(spawn::Kill{worker->identity.id});
  });
}

void Pools::begin_settling(const WorkerHandle& worker) {
  worker->state = State::settling;
  worker->settling_since_ms = monotonic_ms();
  worker->pool->settling.push_back(worker);
}

void Pools::leave_settling(const WorkerHandle& worker) {
  if (worker->state == State::settling) std::erase(worker->pool->settling, worker);
}

// Free once it has asked for work, and what it prints then can be told from what it printed before.
void Pools::settle(const WorkerHandle& worker) {
  if (worker->state != State::settling || !worker->files || worker->connection == 0) return;
  if (has_busy_extensions(*worker)) return;  // they settle it when they are done
  leave_settling(worker);
  worker->state = State::idle;
  became_free(worker);
}

void Pools::became_free(const WorkerHandle& worker) {
  const PoolHandle pool = worker->pool;
  const bool has_started = uncount_start(worker);
  if (has_started) {
    pool->start_us = worker->init_us;
    if (worker->provisioned && !std::exchange(worker->provisioned_ready, true)) {
      ++pool->provisioned_ready;
      worker->fresh = false;  // nobody waited for it
    }
  }
  take_on(worker);
  if (has_started) want_snapshot(pool);  // not before: the two would wait for each other
  if (has_started) start_others();       // who is served by now needs no start
}

// The next that waits for it, or none.
void Pools::take_on(const WorkerHandle& worker) {
  const PoolHandle pool = worker->pool;
  if (!pool->waiting.empty()) {
    InvocationHandle next = pool->waiting.front();
    pool->waiting.pop_front();
    return hand_over(worker, next);
  }
  const bool surplus = worker->provisioned && pool->provisioned_alive > pool->provisioned;
  if (pool->retired || stopped_ || surplus) return end_worker(worker);
  worker->state = State::idle;
  worker->idle_since_ms = monotonic_ms();
  if (pool->snapshot) pool->snapshot->idle_since_ms = worker->idle_since_ms;
  worker->worth = eviction_.worth(pool->calls, pool->start_us, memory_of(*worker));
  // Provisioned ones are used first: they stand last.
  auto place = pool->idle.end();
  if (!worker->provisioned) {
    place = std::ranges::find_if(pool->idle, [](const auto& each) { return each->provisioned; });
  }
  pool->idle.insert(place, worker);
}

// The one that worked last, null: none is free.
Pools::WorkerHandle Pools::take_idle(const PoolHandle& pool) {
  if (pool->idle.empty()) return nullptr;
  WorkerHandle worker = pool->idle.back();
  pool->idle.pop_back();
  return worker;
}

void Pools::retire(const std::string& function_arn, const std::string& but_revision) {
  Guard guard(*this);
  std::vector<PoolHandle> retired;
  for (auto& [key, pool] : pools_) {
    const bool is_gone = but_revision.empty() && key.starts_with(function_arn + "\n");
    if (is_gone) end_snapshot(pool);
    bool latest = key.starts_with(function_arn + "\n") && pool->function->version == "$LATEST";
    if (latest && pool->function->revision_id != but_revision) retired.push_back(pool);
  }
  for (const PoolHandle& pool : retired) retire(pool);
}

void Pools::retire_version(const std::string& function_arn, const std::string& version) {
  Guard guard(*this);
  std::vector<PoolHandle> retired;
  for (auto& [key, pool] : pools_) {
    if (pool->function->arn == function_arn && pool->function->version == version) {
      retired.push_back(pool);
    }
  }
  for (const PoolHandle& pool : retired) {
    end_snapshot(pool);
    retire(pool);
  }
}

void Pools::retire(const PoolHandle& pool) {
  pool->retired = true;
  pool->provisioned = 0;
  for (const WorkerHandle& worker : std::exchange(pool->idle, {})) end_worker(worker);
  drop_pool_if_done(pool);
}

void Pools::drop_pool_if_done(const PoolHandle& pool) {
  if (!pool->retired || !pool->waiting.empty() || !pool->idle.empty() || pool->starting > 0) return;
  auto found = pools_.find(pool->key);
  if (found != pools_.end() && found->second == pool) pools_.erase(found);
}

// Ends workers that have had nothing to do for a while, looking a few times in that while.
void Pools::sweep() {
  Guard guard(*this);
  if (stopped_) return;
  int64_t now = monotonic_ms();
  for (auto& [key, pool] : pools_) {
    auto old = [&](const WorkerHandle& worker) {
      return !worker->provisioned && now - worker->idle_since_ms >= options_.idle_ttl_ms;
    };
    for (const WorkerHandle& worker : pool->idle) {
      if (old(worker)) end_worker(worker);
    }
    std::erase_if(pool->idle, old);
    expire_snapshot(pool, now);
  }
  for (auto& [id, worker] : workers_) {
    // It went on with something after it had answered.
    if (worker->state == State::settling && now - worker->settling_since_ms > settling_limit_ms) {
      leave_settling(worker);
      end_worker(worker);
    }
  }
  tell(ready_.sweep(now));
  std::erase_if(invocations_, [&](const auto& each) {
    const Invocation& invocation = *each.second;
    return invocation.kept && now - invocation.began_us / 1000 > kept_answer_ms;
  });
  int64_t pause_ms = std::clamp<int64_t>(options_.idle_ttl_ms / 8, 20, 10'000);
  sweep_timer_ = reactor_.after(pause_ms, [this] { sweep(); });
}

}  // namespace perdure::executors

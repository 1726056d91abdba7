#include "executors/functions/pool/pools.h"

#include "base/ids.h"
#include "base/log.h"

namespace perdure::executors {
namespace {
constexpr int64_t settling_patience_ms = 50;
constexpr int64_t settling_limit_ms = 60'000;  // then a worker that answered does not ask for more
constexpr int64_t kept_answer_ms = 900'000;    // for a recovery that never asks
}  // namespace

Pools::Pools(Reactor& reactor, const Clock& clock, Random& random, engine::Logs& logs,
             RuntimePlaces places, PoolOptions options)
    : reactor_(reactor),
      clock_(clock),
      random_(random),
      logs_(logs),
      places_(std::move(places)),
      options_(options) {}

Pools::~Pools() = default;

void Pools::attach(SpawnerLink& link, RuntimeEndpoint& endpoint) {
  link_ = &link;
  endpoint_ = &endpoint;
  sweep();
}

void Pools::stop() {
  Guard guard(*this);
  stopped_ = true;
  alive_.reset();
  reactor_.cancel(sweep_timer_);
}

// ---- work comes in

Pools::PoolHandle Pools::pool_of(const FunctionHandle& function, const std::string& code_root) {
  PoolHandle& pool = pools_[function->arn + "\n" + function->revision_id];
  if (!pool) {
    pool = std::make_shared<Pool>();
    pool->key = function->arn + "\n" + function->revision_id;
  }
  if (!pool->function || pool->code_root.empty()) {
    pool->function = function;
    pool->code_root = code_root;
  }
  return pool;
}

Pools::InvocationHandle Pools::remember(Work work, PoolHandle pool) {
  auto invocation = std::make_shared<Invocation>();
  if (work.request_id.empty()) work.request_id = make_uuid(random_);
  invocation->work = std::move(work);
  invocation->pool = std::move(pool);
  invocations_[invocation->work.request_id] = invocation;
  return invocation;
}

void Pools::invoke(Work work, bool may_queue, Done<InvokeResult> done) {
  reactor_.post([this, work = std::move(work), may_queue, done = std::move(done)]() mutable {
    Guard guard(*this);
    if (!work.request_id.empty() && attach(work.request_id, done)) return;
    auto pool = pool_of(work.function, work.code_root);
    auto invocation = remember(std::move(work), pool);
    invocation->done = std::move(done);
    admit(invocation, may_queue);
  });
}

void Pools::invoke_in_steps(Work work, std::function<void()> reserved, Done<InvokeResult> done) {
  reactor_.post([this, work = std::move(work), reserved = std::move(reserved),
                 done = std::move(done)]() mutable {
    Guard guard(*this);
    auto pool = pool_of(work.function, work.code_root);
    auto invocation = remember(std::move(work), pool);
    invocation->in_steps = true;
    invocation->reserved = std::move(reserved);
    invocation->done = std::move(done);
    admit(invocation, true);
  });
}

std::optional<std::string> Pools::reserve(const FunctionHandle& function) {
  Guard guard(*this);
  auto found = pools_.find(function->arn + "\n" + function->revision_id);
  if (stopped_ || found == pools_.end() || found->second->idle.empty() ||
      slots_taken_ >= options_.concurrency || !queue_.empty() || at_reserve(*function)) {
    return std::nullopt;
  }
  PoolHandle pool = found->second;
  WorkerHandle worker = pool->idle.back();
  pool->idle.pop_back();
  auto invocation = remember(Work{.function = function}, pool);
  count(invocation);
  ++slots_taken_;
  invocation->in_steps = true;
  hand_over(worker, invocation);
  return invocation->work.request_id;
}

void Pools::start(Work work, Done<InvokeResult> done) {
  reactor_.post([this, work = std::move(work), done = std::move(done)]() mutable {
    Guard guard(*this);
    auto found = invocations_.find(work.request_id);
    if (found == invocations_.end() || found->second->stage == Stage::done) {
      // The reservation is gone (its worker died, or it was made by an earlier engine).
      auto pool = pool_of(work.function, work.code_root);
      auto invocation = remember(std::move(work), pool);
      invocation->done = std::move(done);
      return admit(invocation, true);
    }
    InvocationHandle invocation = found->second;
    invocation->work = std::move(work);
    invocation->done = std::move(done);
    invocation->go = true;
    auto worker = invocation->worker.lock();
    if (invocation->stage == Stage::reserved && worker) run(worker);
  });
}

void Pools::go(const std::string& request_id) {
  reactor_.post([this, request_id] {
    Guard guard(*this);
    auto found = invocations_.find(request_id);
    if (found == invocations_.end()) return;
    InvocationHandle invocation = found->second;
    invocation->go = true;
    auto worker = invocation->worker.lock();
    if (invocation->stage == Stage::reserved && worker) run(worker);
  });
}

void Pools::release(const std::string& request_id) {
  reactor_.post([this, request_id] {
    Guard guard(*this);
    auto found = invocations_.find(request_id);
    if (found == invocations_.end()) return;
    InvocationHandle invocation = found->second;
    invocation->done = nullptr;
    invocation->reserved = nullptr;
    invocation->adopted = false;
    if (invocation->stage == Stage::running) return;
    std::erase(queue_, invocation);
    if (const auto held = held_.find(invocation->work.function->arn); held != held_.end()) {
      std::erase(held->second, invocation);
    }
    std::erase(invocation->pool->waiting, invocation);
    bool had_slot = invocation->stage != Stage::queued;
    invocation->stage = Stage::done;
    invocations_.erase(request_id);
    if (auto worker = invocation->worker.lock()) {
      worker->invocation = nullptr;
      became_free(worker);
    }
    if (had_slot) free_slot();
    uncount(invocation);
  });
}

void Pools::recover(const std::string& request_id, Done<InvokeResult> done) {
  reactor_.post([this, request_id, done = std::move(done)]() mutable {
    Guard guard(*this);
    if (attach(request_id, done)) return;
    calls_.push_back([done = std::move(done)] { done(worker_lost()); });
  });
}

// True if an earlier engine had started it and its worker, or its answer, is still there: `done`
// gets that.
bool Pools::attach(const std::string& request_id, Done<InvokeResult>& done) {
  auto found = invocations_.find(request_id);
  if (found == invocations_.end() || !found->second->adopted) return false;
  InvocationHandle invocation = found->second;
  if (invocation->kept) {
    calls_.push_back([done = std::move(done), kept = *invocation->kept] { done(kept); });
    invocations_.erase(found);
  } else {
    invocation->done = std::move(done);
  }
  return true;
}

// ---- slots and workers

void Pools::admit(const InvocationHandle& invocation, bool may_queue) {
  if (stopped_) {
    return finish(invocation, Error{ErrorKind::unavailable, "ServiceException", "Shutting down."});
  }
  if (at_reserve(*invocation->work.function)) {
    if (!may_queue) return finish(invocation, too_many_requests());
    held_[invocation->work.function->arn].push_back(invocation);
    return;
  }
  take_slot(invocation, may_queue);
}

void Pools::take_slot(const InvocationHandle& invocation, bool may_queue) {
  if (slots_taken_ >= options_.concurrency || !queue_.empty()) {
    if (!may_queue) return finish(invocation, too_many_requests());
    count(invocation);
    queue_.push_back(invocation);
    return;
  }
  count(invocation);
  place(invocation);
}

// ---- a function's own limit

bool Pools::at_reserve(const FunctionConfiguration& function) const {
  if (!function.reserved_concurrency) return false;
  const auto found = in_use_.find(function.arn);
  return (found == in_use_.end() ? 0 : found->second) >= *function.reserved_concurrency;
}

void Pools::count(const InvocationHandle& invocation) {
  invocation->counted = true;
  ++in_use_[invocation->work.function->arn];
}

// The next of the function's own that waits takes the place.
void Pools::uncount(const InvocationHandle& invocation) {
  if (!std::exchange(invocation->counted, false)) return;
  const std::string& arn = invocation->work.function->arn;
  if (--in_use_[arn] == 0) in_use_.erase(arn);
  const auto held = held_.find(arn);
  if (held == held_.end()) return;
  if (!held->second.empty() && !at_reserve(*held->second.front()->work.function)) {
    const InvocationHandle next = held->second.front();
    held->second.pop_front();
    take_slot(next, true);
  }
  if (held->second.empty()) held_.erase(held);
}

void Pools::place(const InvocationHandle& invocation) {
  ++slots_taken_;
  PoolHandle pool = invocation->pool;
  if (!pool->idle.empty()) {
    WorkerHandle worker = pool->idle.back();
    pool->idle.pop_back();
    return hand_over(worker, invocation);
  }
  invocation->stage = Stage::waiting;
  pool->waiting.push_back(invocation);
  start_workers(pool);
}

void Pools::free_slot() {
  --slots_taken_;
  while (!queue_.empty() && slots_taken_ < options_.concurrency) {
    InvocationHandle next = queue_.front();
    queue_.pop_front();
    place(next);
  }
}

// As many as wait for one. A worker that has just answered is about to be free, which is sooner
// than any new one: it is counted on for a moment.
void Pools::start_workers(const PoolHandle& pool, bool patient) {
  if (!link_->connected() || pool->code_root.empty()) return;
  auto wanted = [&] { return static_cast<int>(pool->waiting.size()) - pool->starting; };
  if (patient && wanted() > 0 && pool->settling > 0) {
    reactor_.after(settling_patience_ms, [this, pool, alive = std::weak_ptr(alive_)] {
      if (alive.expired()) return;
      Guard guard(*this);
      start_workers(pool, false);
    });
  }
  int expected = patient ? pool->settling : 0;
  while (wanted() > expected) spawn_worker(pool);
}

void Pools::spawn_worker(const PoolHandle& pool) {
  evict_if_crowded();
  WorkerIdentity identity = new_worker(random_, clock_.now_ms(), pool->function->version);
  auto order = launch_order(*pool->function, pool->code_root, identity, places_);
  WorkerHandle worker = add_worker(std::move(identity), pool);
  ++pool->starting;
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
  order->timeout_ms =
      static_cast<uint64_t>(std::max(options_.init_timeout_ms, pool->function->timeout_s * 1000));
  link_->send(*order);
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

// Warm workers of functions that nobody calls give way to those that somebody does.
void Pools::evict_if_crowded() {
  if (workers_.size() < static_cast<size_t>(options_.concurrency) * 4) return;
  WorkerHandle oldest;
  for (auto& [key, pool] : pools_) {
    if (!pool->idle.empty() &&
        (!oldest || pool->idle.front()->idle_since_ms < oldest->idle_since_ms)) {
      oldest = pool->idle.front();
    }
  }
  if (!oldest) return;
  std::erase(oldest->pool->idle, oldest);
  end_worker(oldest);
}

void Pools::end_worker(const WorkerHandle& worker) {
  worker->state = State::ending;
  // The caller may not be on the reactor's thread.
  reactor_.post([this, worker] {
    Guard guard(*this);
    if (!say_goodbye(worker)) link_->send(spawn::Kill{worker->identity.id});
  });
}

void Pools::hand_over(const WorkerHandle& worker, const InvocationHandle& invocation) {
  worker->invocation = invocation;
  worker->state = State::reserved;
  invocation->worker = worker;
  invocation->stage = Stage::reserved;
  if (invocation->in_steps && !invocation->go) {
    if (invocation->reserved) calls_.push_back(std::exchange(invocation->reserved, nullptr));
    return;
  }
  run(worker);
}

void Pools::run(const WorkerHandle& worker) {
  Invocation& invocation = *worker->invocation;
  const FunctionConfiguration& function = *worker->pool->function;
  worker->state = State::busy;
  invocation.stage = Stage::running;
  invocation.began_us = monotonic_us();
  invocation.init_us = worker->fresh ? worker->init_us : 0;
  worker->fresh = false;
  // Before the worker hears of it, so that whoever asks the spawner later finds it there.
  link_->send(spawn::Assign{worker->identity.id, invocation.work.request_id,
                            static_cast<uint64_t>(function.timeout_s) * 1000});
  worker->log->start(invocation.work.request_id, function.version);
  deliver(worker);
}

void Pools::deliver(const WorkerHandle& worker) {
  Invocation& invocation = *worker->invocation;
  const FunctionConfiguration& function = *worker->pool->function;
  const NextInvocation next = {.request_id = invocation.work.request_id,
                               .function_arn = invocation.work.invoked_arn.empty()
                                                   ? function.arn
                                                   : invocation.work.invoked_arn,
                               .trace_header = invocation.work.trace_header,
                               .client_context = invocation.work.client_context,
                               .deadline_ms = clock_.now_ms() + function.timeout_s * 1000,
                               .payload = std::move(invocation.work.payload)};
  invocation.delivered = endpoint_->give(std::exchange(worker->connection, 0), next);
  invoke_extensions(*worker, next);
}

// ---- a worker is done with something

void Pools::begin_settling(const WorkerHandle& worker) {
  worker->state = State::settling;
  worker->drained = false;
  worker->settling_since_ms = monotonic_ms();
  ++worker->pool->settling;
}

void Pools::leave_settling(const WorkerHandle& worker) {
  if (worker->state == State::settling) --worker->pool->settling;
}

// Free once it has asked for work and its output is all here.
void Pools::settle(const WorkerHandle& worker) {
  if (worker->state != State::settling || !worker->drained || worker->connection == 0) return;
  if (has_busy_extensions(*worker)) return;  // they settle it when they are done
  leave_settling(worker);
  worker->state = State::idle;
  became_free(worker);
}

void Pools::became_free(const WorkerHandle& worker) {
  PoolHandle pool = worker->pool;
  if (std::exchange(worker->counted_starting, false)) --pool->starting;
  if (!pool->waiting.empty()) {
    InvocationHandle next = pool->waiting.front();
    pool->waiting.pop_front();
    return hand_over(worker, next);
  }
  if (pool->retired || stopped_) return end_worker(worker);
  worker->state = State::idle;
  worker->idle_since_ms = monotonic_ms();
  pool->idle.push_back(worker);
}

// The worker's invocation has an answer, its own or ours.
void Pools::answered(const WorkerHandle& worker, std::string payload, bool is_error,
                     std::string_view status, std::string error_type) {
  InvocationHandle invocation = std::exchange(worker->invocation, nullptr);
  InvokeResult result;
  result.request_id = invocation->work.request_id;
  result.executed_version = worker->pool->function->version;
  result.payload = std::move(payload);
  result.function_error = is_error;
  result.duration_us = monotonic_us() - invocation->began_us;
  result.init_us = invocation->init_us;
  result.billed_ms = (result.duration_us + result.init_us + 999) / 1000;
  worker->report = {.request_id = result.request_id,
                    .duration_us = result.duration_us,
                    .billed_ms = result.billed_ms,
                    .init_us = result.init_us,
                    .memory_mib = worker->pool->function->memory_mib,
                    .status = status,
                    .error_type = std::move(error_type)};
  worker->reporting = invocation;
  if (invocation->work.log_tail) {
    worker->held_result = std::move(result);
  } else {
    finish(invocation, std::move(result));
  }
}

void Pools::write_report(const WorkerHandle& worker, uint64_t peak_kib) {
  InvocationHandle invocation = std::exchange(worker->reporting, nullptr);
  if (!invocation) return;
  worker->report.peak_kib = peak_kib;
  worker->log->report(worker->report);
  if (!worker->held_result) return;
  InvokeResult result = std::move(*worker->held_result);
  worker->held_result.reset();
  result.log_tail = worker->log->tail();
  finish(invocation, std::move(result));
}

void Pools::finish(const InvocationHandle& invocation, Result<InvokeResult> result) {
  bool had_slot = invocation->stage != Stage::queued;
  invocation->stage = Stage::done;
  if (invocation->adopted && !invocation->done) {
    invocation->kept = std::move(result);  // recover() will ask for it
  } else {
    invocations_.erase(invocation->work.request_id);
    if (invocation->done) {
      calls_.push_back([done = std::move(invocation->done), result = std::move(result)]() mutable {
        done(std::move(result));
      });
    }
    invocation->done = nullptr;
  }
  if (had_slot) free_slot();
  uncount(invocation);
}

// ---- the rest

void Pools::retire(const std::string& function_arn, const std::string& but_revision) {
  Guard guard(*this);
  std::vector<PoolHandle> retired;
  for (auto& [key, pool] : pools_) {
    bool latest = key.starts_with(function_arn + "\n") && pool->function->version == "$LATEST";
    if (latest && pool->function->revision_id != but_revision) retired.push_back(pool);
  }
  for (const PoolHandle& pool : retired) {
    pool->retired = true;
    for (const WorkerHandle& worker : std::exchange(pool->idle, {})) end_worker(worker);
    drop_pool_if_done(pool);
  }
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
      return now - worker->idle_since_ms >= options_.idle_ttl_ms;
    };
    for (const WorkerHandle& worker : pool->idle) {
      if (old(worker)) end_worker(worker);
    }
    std::erase_if(pool->idle, old);
  }
  for (auto& [id, worker] : workers_) {
    // It went on with something after it had answered.
    if (worker->state == State::settling && now - worker->settling_since_ms > settling_limit_ms) {
      leave_settling(worker);
      end_worker(worker);
    }
  }
  std::erase_if(invocations_, [&](const auto& each) {
    const Invocation& invocation = *each.second;
    return invocation.kept && now - invocation.began_us / 1000 > kept_answer_ms;
  });
  int64_t pause_ms = std::clamp<int64_t>(options_.idle_ttl_ms / 8, 20, 10'000);
  sweep_timer_ = reactor_.after(pause_ms, [this] { sweep(); });
}

Pools::Counts Pools::counts() const {
  std::lock_guard lock(mutex_);
  return {static_cast<int>(workers_.size()), slots_taken_, static_cast<int>(queue_.size()),
          cold_starts_};
}

std::shared_ptr<const FunctionConfiguration> Pools::owner_of(std::string_view access_key) const {
  std::lock_guard lock(mutex_);
  for (const auto& [id, worker] : workers_) {
    if (worker->access_key == access_key) return worker->pool->function;
  }
  return nullptr;
}

}  // namespace perdure::executors

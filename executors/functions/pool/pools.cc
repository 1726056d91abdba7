#include "executors/functions/pool/pools.h"

#include <algorithm>

#include "base/ids.h"
#include "base/log.h"

namespace perdure::executors {
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
  weigh();
}

void Pools::set_level(sandbox::Level level) {
  Guard guard(*this);
  places_.level = level;
}

void Pools::stop() {
  Guard guard(*this);
  stopped_ = true;
  alive_.reset();
  reactor_.cancel(sweep_timer_);
  reactor_.cancel(weigh_timer_);
  reactor_.cancel(brief_timer_);
  // What workers print from now on is the next engine's.
  for (const auto& [id, worker] : workers_) {
    worker->files = nullptr;
    worker->log->flush();
  }
}

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
    if (!work.request_id.empty() && attach(work.request_id, done, work.on_report)) return;
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
  if (stopped_ || found == pools_.end() || slots_taken_ >= options_.concurrency ||
      !queue_.empty() || at_reserve(*function)) {
    return std::nullopt;
  }
  PoolHandle pool = found->second;
  WorkerHandle worker = take_idle(pool);
  if (!worker && about_to_settle(*pool) <= std::ssize(pool->waiting)) return std::nullopt;
  auto invocation = remember(Work{.function = function}, pool);
  count(invocation);
  ++slots_taken_;
  invocation->in_steps = true;
  if (worker) {
    hand_over(worker, invocation);
  } else {
    await_worker(invocation);
  }
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
    // One that a worker of an earlier engine was promised to learns where the code is.
    if (invocation->pool->code_root.empty()) pool_of(work.function, work.code_root);
    invocation->work = std::move(work);
    invocation->done = std::move(done);
    invocation->go = true;
    auto worker = invocation->worker.lock();
    if (invocation->stage == Stage::reserved && worker) run(worker);
    if (invocation->stage == Stage::waiting) start_workers(invocation->pool);
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

void Pools::recover(const std::string& request_id, Done<InvokeResult> done, OnReport on_report) {
  reactor_.post(
      [this, request_id, done = std::move(done), on_report = std::move(on_report)]() mutable {
        Guard guard(*this);
        if (attach(request_id, done, std::move(on_report))) return;
        calls_.push_back([done = std::move(done)] { done(worker_lost()); });
      });
}

// True if an earlier engine had started it and its worker, or its answer, is still there: `done`
// gets that.
bool Pools::attach(const std::string& request_id, Done<InvokeResult>& done, OnReport on_report) {
  auto found = invocations_.find(request_id);
  if (found == invocations_.end() || !found->second->adopted) return false;
  InvocationHandle invocation = found->second;
  if (on_report && invocation->report) {
    calls_.push_back([on_report, report = *invocation->report] { on_report(report); });
  }
  invocation->work.on_report = std::move(on_report);
  if (invocation->kept) {
    calls_.push_back([done = std::move(done), kept = *invocation->kept] { done(kept); });
    invocations_.erase(found);
  } else {
    invocation->done = std::move(done);
  }
  return true;
}

Pools::Counts Pools::counts() const {
  std::lock_guard lock(mutex_);
  int64_t memory_kib = 0;
  for (const auto& [id, worker] : workers_) memory_kib += memory_of(*worker);
  const auto workers = std::ranges::count_if(
      workers_, [](const auto& each) { return each.second->state != State::snapshot; });
  return {static_cast<int>(workers), slots_taken_, static_cast<int>(queue_.size()), memory_kib,
          cold_starts_};
}

std::vector<FunctionUsage> Pools::usage() const {
  std::lock_guard lock(mutex_);
  return usage_.all();
}

std::shared_ptr<const FunctionConfiguration> Pools::owner_of(std::string_view access_key) const {
  std::lock_guard lock(mutex_);
  for (const auto& [id, worker] : workers_) {
    // What was made while the snapshot was loaded still has the snapshot's.
    if (worker->access_key == access_key || worker->snapshot_key == access_key) {
      return worker->pool->function;
    }
  }
  return nullptr;
}

}  // namespace perdure::executors

// What the spawner reports to the pools: ends, losses, and the workers of an earlier engine.

#include <algorithm>

#include "base/log.h"
#include "executors/functions/pool/pools.h"

namespace perdure::executors {
namespace {

// {"errorType":...} of a payload that we or a bootstrap wrote, for the REPORT line.
std::string error_type_of(const std::string& payload, const spawn::Exited& exited) {
  if (out_of_memory(exited)) return "Runtime.OutOfMemory";
  auto json = parse_json(payload);
  if (!json || !json->is_object()) return {};
  auto type = json->find("errorType");
  return type != json->end() && type->is_string() ? type->get<std::string>() : std::string();
}

}  // namespace

void Pools::on_message(spawn::Message message) {
  Guard guard(*this);
  std::visit([this](const auto& each) { on(each); }, message);
}

void Pools::on(const spawn::SpawnFailed& failed) {
  WorkerHandle worker = find(failed.worker);
  if (worker && (worker->state == State::starting || worker->state == State::snapshot)) {
    worker->init_error = error_payload("Runtime.InvalidEntrypoint", failed.reason);
  }
}

void Pools::on(const spawn::Exited& exited) {
  if (WorkerHandle worker = find(exited.worker)) gone(worker, &exited);
}

// Its extensions hear why before they end too.
void Pools::on(const spawn::Ended& ended) {
  const spawn::Exited& exited = ended.program;
  const WorkerHandle worker = find(exited.worker);
  if (!worker || worker->left) return;
  const bool was_unwanted = worker->state == State::ending;
  const bool is_snapshot = worker->state == State::snapshot;
  leave(worker, &exited);
  if (is_snapshot) return;                            // what it has forked goes on
  if (was_unwanted) return extensions_moved(worker);  // they know
  if (!say_goodbye(worker, exited.timed_out ? "timeout" : "failure")) {
    link_->send(spawn::Kill{worker->identity.id});
  }
}

// Without `exited`: it was lost together with its spawner, or never started.
void Pools::gone(const WorkerHandle& worker, const spawn::Exited* exited) {
  workers_.erase(worker->identity.id);
  leave(worker, exited);
  worker->files = nullptr;
}

void Pools::leave(const WorkerHandle& worker, const spawn::Exited* exited) {
  if (worker->files) worker->files->drain();
  if (std::exchange(worker->left, true)) return;
  PoolHandle pool = worker->pool;
  if (worker->state == State::snapshot) return lost_snapshot(worker, exited);
  std::erase(pool->idle, worker);
  leave_settling(worker);
  const bool was_starting = uncount_start(worker);
  if (worker->provisioned) {
    --pool->provisioned_alive;
    if (std::exchange(worker->provisioned_ready, false)) --pool->provisioned_ready;
    if (was_starting && exited) pool->provision_error = "FUNCTION_ERROR_INIT_FAILURE";
  }
  if (exited) worker->peak_kib = std::max(worker->peak_kib, exited->peak_kib);
  write_report(worker);  // of what it had answered before

  if (InvocationHandle invocation = worker->invocation; invocation) {
    if (worker->state == State::reserved) {
      // It had not begun: another worker takes it.
      worker->invocation = nullptr;
      invocation->stage = Stage::waiting;
      pool->waiting.push_front(invocation);
    } else if (!exited) {
      worker->invocation = nullptr;
      finish(invocation, worker_lost());
    } else {
      std::string payload =
          exited->timed_out
              ? timed_out_payload(invocation->work.request_id, pool->function->timeout_s * 1000)
          : !worker->init_error.empty()  // of an extension
              ? start_error_payload(worker->init_error, invocation->work.request_id)
              : exited_payload(invocation->work.request_id, *exited);
      std::string type = exited->timed_out ? std::string() : error_type_of(payload, *exited);
      worker->log->line(payload);
      answered(worker, std::move(payload), true, exited->timed_out ? "timeout" : "error", type);
      write_report(worker);
    }
  } else if (was_starting) {
    fail_start(worker, exited);
  }
  worker->state = State::ending;
  start_workers(pool);
  top_up(pool);
  drop_pool_if_done(pool);
  start_others();
}

// One of those that wait for a worker learns why it did not come.
void Pools::fail_start(const WorkerHandle& worker, const spawn::Exited* exited) {
  PoolHandle pool = worker->pool;
  // Losing the spawner is no fault of the function's: its next one starts a worker again.
  if (pool->waiting.empty() || (!exited && worker->init_error.empty())) return;
  InvocationHandle invocation = pool->waiting.front();
  pool->waiting.pop_front();
  const std::string& request_id = invocation->work.request_id;
  std::string payload = start_error_payload(worker->init_error, request_id);
  bool late = exited && exited->timed_out;
  if (late) {
    payload = timed_out_payload(
        request_id, std::max(options_.init_timeout_ms, pool->function->timeout_s * 1000));
  } else if (payload.empty()) {
    payload = exited_payload(request_id, *exited);
  }
  worker->log->start(request_id, pool->function->version);
  worker->log->line(payload);
  invocation->began_us = worker->spawned_us;
  invocation->tier = tier_name(worker->tier);
  worker->invocation = invocation;
  std::string type =
      late ? std::string() : error_type_of(payload, exited ? *exited : spawn::Exited{});
  if (invocation->in_steps && invocation->reserved) {
    // The caller counts on hearing that it begins before it hears how it ended.
    calls_.push_back(std::exchange(invocation->reserved, nullptr));
  }
  answered(worker, std::move(payload), true, late ? "timeout" : "error", std::move(type));
  write_report(worker);
}

void Pools::on_lost() {
  Guard guard(*this);
  log_warning("the spawner is gone, and {} workers with it", workers_.size());
  while (!workers_.empty()) {
    WorkerHandle worker = workers_.begin()->second;
    gone(worker, nullptr);
  }
}

void Pools::on_failed(const Error& error) {
  Guard guard(*this);
  log_error("functions cannot run: {}", error.cause);
  for (auto& [key, pool] : std::map(pools_)) {
    for (const InvocationHandle& invocation : std::exchange(pool->waiting, {})) {
      finish(invocation, Error{ErrorKind::unavailable, "ServiceException", error.cause});
    }
  }
}

void Pools::on_ready(const std::vector<spawn::WorkerState>& workers) {
  Guard guard(*this);
  prepare_all();
  for (const spawn::WorkerState& state : workers) adopt(state);
  for (auto& [key, pool] : pools_) {
    start_workers(pool);
    top_up(pool);
  }
}

void Pools::adopt(const spawn::WorkerState& state) {
  auto tag = from_tag(state.tag);
  if (!tag || find(state.worker)) {
    if (!tag) link_->send(spawn::Kill{state.worker});
    return;
  }
  // Where its code lies is learnt with the first invocation; till then the pool starts no workers.
  auto function = std::make_shared<FunctionConfiguration>(tag->function);
  const bool weaker = tag->level < places_.level;
  auto pool = weaker ? std::make_shared<Pool>() : pool_of(function, "");
  if (weaker) {
    if (state.request.empty()) return link_->send(spawn::Kill{state.worker});
    pool->function = function;
    pool->retired = true;  // what it works on it may finish
  }
  WorkerHandle worker = add_worker(tag->worker, pool);
  worker->snapshot_key = tag->snapshot_key;
  if (tag->is_snapshot) {
    worker->pid = state.pid;
    if (pool->snapshot) {  // one is enough
      worker->state = State::ending;
      return link_->send(spawn::EndProgram{state.worker});
    }
    worker->state = State::snapshot;
    worker->taken = state.remaining_ms == 0;
    worker->idle_since_ms = monotonic_ms();
    pool->snapshot = worker;
    return;
  }
  worker->fresh = false;
  worker->adopted = true;
  worker->pid = state.pid;
  worker->provisioned = tag->provisioned;
  if (worker->provisioned) ++pool->provisioned_alive;
  if (state.request.empty() && state.remaining_ms > 0) {
    worker->fresh = true;
    count_start(worker);
    return;
  }
  worker->counted_starting = false;
  if (worker->provisioned) ++pool->provisioned_ready;
  worker->provisioned_ready = worker->provisioned;
  begin_settling(worker);
  if (state.request.empty()) return;
  leave_settling(worker);
  Work work;
  work.request_id = state.request;
  work.function = pool->function;
  InvocationHandle invocation = remember(std::move(work), pool);
  ++slots_taken_;
  count(invocation);
  invocation->adopted = true;
  invocation->delivered = true;
  invocation->stage = Stage::running;
  invocation->worker = worker;
  invocation->began_us =
      monotonic_us() -
      (pool->function->timeout_s * 1000 - static_cast<int64_t>(state.remaining_ms)) * 1000;
  worker->state = State::busy;
  worker->told = true;
  worker->invocation = invocation;
}

}  // namespace perdure::executors

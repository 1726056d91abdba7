// An invocation and its worker: handed over, run, answered, reported.

#include "executors/functions/pool/pools.h"

namespace perdure::executors {

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
  if (worker->fresh) invocation.tier = tier_name(worker->tier);
  if (worker->provisioned) invocation.tier = "provisioned";
  worker->fresh = false;
  ++worker->calls;
  ++worker->pool->calls;
  worker->log->start(invocation.work.request_id, function.version);
  // Without the lock, for which others may wait: what follows is for the reactor's thread alone.
  calls_.push_back([this, worker, handle = worker->invocation] {
    assign(worker, *handle);
    deliver(worker, *handle);
  });
}

void Pools::deliver(const WorkerHandle& worker, Invocation& invocation) {
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
  result.tier = invocation->tier;
  result.billed_ms = (result.duration_us + result.init_us + 999) / 1000;
  const bool restored = worker->tier == spawn::Tier::snapshot;
  worker->report = {.request_id = result.request_id,
                    .duration_us = result.duration_us,
                    .billed_ms = result.billed_ms,
                    .init_us = restored ? 0 : result.init_us,
                    .restore_us = restored ? result.init_us : 0,
                    .memory_mib = worker->pool->function->memory_mib,
                    .status = status,
                    .error_type = std::move(error_type),
                    .tier = invocation->tier,
                    .produced_bytes = result.payload.size()};
  worker->reporting = invocation;
  if (invocation->work.log_tail) {
    worker->held_result = std::move(result);
  } else {
    finish(invocation, std::move(result));
  }
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

}  // namespace perdure::executors

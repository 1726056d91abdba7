// Who may run: the one limit of invocations at once, and those of functions.

#include "executors/functions/pool/pools.h"

namespace perdure::executors {

void Pools::admit(const InvocationHandle& invocation, bool may_queue) {
  if (stopped_) {
    return finish(invocation, Error{ErrorKind::unavailable, "ServiceException", "Shutting down."});
  }
  if (at_reserve(*invocation->work.function)) {
    if (!may_queue) return refuse(invocation);
    held_[invocation->work.function->arn].push_back(invocation);
    return;
  }
  take_slot(invocation, may_queue);
}

void Pools::take_slot(const InvocationHandle& invocation, bool may_queue) {
  if (slots_taken_ >= options_.concurrency || !queue_.empty()) {
    if (!may_queue) return refuse(invocation);
    count(invocation);
    queue_.push_back(invocation);
    return;
  }
  count(invocation);
  place(invocation);
}

bool Pools::at_reserve(const FunctionConfiguration& function) const {
  if (!function.reserved_concurrency) return false;
  const auto found = in_use_.find(function.arn);
  return (found == in_use_.end() ? 0 : found->second) >= *function.reserved_concurrency;
}

void Pools::count(const InvocationHandle& invocation) {
  invocation->counted = true;
  ++in_use_[invocation->work.function->arn];
}

void Pools::refuse(const InvocationHandle& invocation) {
  usage_.refused(invocation->work.function->arn);
  finish(invocation, too_many_requests());
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
  if (WorkerHandle worker = take_idle(pool)) return hand_over(worker, invocation);
  await_worker(invocation);
  start_workers(pool);
}

void Pools::await_worker(const InvocationHandle& invocation) {
  invocation->stage = Stage::waiting;
  invocation->pool->waiting.push_back(invocation);
}

void Pools::free_slot() {
  --slots_taken_;
  while (!queue_.empty() && slots_taken_ < options_.concurrency) {
    InvocationHandle next = queue_.front();
    queue_.pop_front();
    place(next);
  }
}

}  // namespace perdure::executors

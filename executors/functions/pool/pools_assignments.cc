// Which call a worker has, for the spawner: on the board, where it finds it once we are gone, and
// said only of calls that last.

#include <algorithm>

#include "executors/functions/pool/pools.h"

namespace perdure::executors {
namespace {

// The spawner keeps the deadlines from then on; no function's is nearer.
constexpr int64_t brief_ms = 20;

}  // namespace

// Before the worker hears of the call, so that whoever asks the spawner later finds it there.
void Pools::assign(const WorkerHandle& worker, const Invocation& invocation) {
  const std::string& request_id = invocation.work.request_id;
  const int64_t now = monotonic_ms();
  const int64_t timeout_ms = worker->pool->function->timeout_s * 1000;
  worker->deadline_ms = now + timeout_ms;
  worker->told = !link_->board().assign(worker->seat, request_id, worker->deadline_ms);
  if (worker->told) {
    link_->send(spawn::Assign{worker->identity.id, request_id, static_cast<uint64_t>(timeout_ms)});
    return;
  }
  brief_calls_.push_back({worker, worker->calls, now + brief_ms});
  if (brief_timer_ == 0) {
    brief_timer_ = reactor_.after(brief_ms, [this] { tell_of_long_calls(); });
  }
}

void Pools::tell_of_long_calls() {
  Guard guard(*this);
  brief_timer_ = 0;
  const int64_t now = monotonic_ms();
  while (!brief_calls_.empty() && brief_calls_.front().until_ms <= now) {
    const auto [worker, call, until_ms] = std::move(brief_calls_.front());
    brief_calls_.pop_front();
    if (worker->state != State::busy || worker->calls != call) continue;
    worker->told = true;
    const int64_t left_ms = std::max<int64_t>(worker->deadline_ms - now, 1);
    link_->send_soon(spawn::Assign{worker->identity.id, worker->invocation->work.request_id,
                                   static_cast<uint64_t>(left_ms)});
  }
  if (brief_calls_.empty()) return;
  brief_timer_ =
      reactor_.after(brief_calls_.front().until_ms - now, [this] { tell_of_long_calls(); });
}

// Its call has an answer, or is given up.
void Pools::unassign(Worker& worker) {
  link_->board().clear(worker.seat);
  if (!std::exchange(worker.told, false)) return;
  link_->send_soon(spawn::Finish{worker.identity.id, worker.invocation->work.request_id});
}

}  // namespace perdure::executors

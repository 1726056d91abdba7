// What workers print and what their calls took, which goes to their logs.

#include <algorithm>

#include "base/log.h"
#include "executors/functions/pool/pools.h"

namespace perdure::executors {

void Pools::on_files(const spawn::Files& message, std::vector<Descriptor> files) {
  Guard guard(*this);
  const WorkerHandle worker = find(message.worker);
  if (!worker || stopped_) return;
  worker->files = nullptr;
  worker->files = WorkerFiles::open(reactor_, message, std::move(files),
                                    [log = worker->log.get()](int stream, std::string_view bytes) {
                                      log->output(stream, 0, bytes);
                                    });
  if (!worker->files) {
    log_warning("{}: no descriptors are left for it", message.worker);
    return link_->send(spawn::Kill{message.worker});
  }
  worker->seat = message.seat;
  // It may have answered an earlier engine's call since it was listed.
  if (worker->state != State::busy) link_->board().clear(worker->seat);
  wind_up(worker);
  if (worker->state == State::starting && worker->connection != 0) return asked_for_work(worker);
  settle(worker);
}

// While no engine was there.
void Pools::on(const spawn::Output& output) {
  if (WorkerHandle worker = find(output.worker)) {
    worker->log->output(output.stream, output.dropped, output.bytes);
  }
}

// All that it has printed so far belongs to the call that it has answered.
void Pools::wind_up(const WorkerHandle& worker) {
  if (!worker->files) return;  // the spawner is about to send them
  worker->files->drain();
  if (!worker->reporting) return;
  const auto memory_mib = static_cast<uint64_t>(worker->pool->function->memory_mib);
  worker->peak_kib = std::max(worker->peak_kib, worker->files->peak_kib(memory_mib));
  write_report(worker);
}

void Pools::write_report(const WorkerHandle& worker) {
  InvocationHandle invocation = std::exchange(worker->reporting, nullptr);
  if (!invocation) return;
  // What a worker shares with its snapshot is the snapshot's, and not in the way of its own.
  const auto most_kib = static_cast<uint64_t>(worker->report.memory_mib) << 10;
  worker->report.peak_kib = worker->tier == spawn::Tier::snapshot
                                ? std::min(worker->peak_kib, most_kib)
                                : worker->peak_kib;
  worker->log->report(worker->report);
  usage_.add(worker->pool->function->arn, worker->report);
  if (OnReport on_report = std::exchange(invocation->work.on_report, nullptr)) {
    calls_.push_back(
        [on_report = std::move(on_report), report = worker->report] { on_report(report); });
  } else if (invocation->adopted) {
    invocation->report = worker->report;
  }
  if (!worker->held_result) return;
  InvokeResult result = std::move(*worker->held_result);
  worker->held_result.reset();
  result.log_tail = worker->log->tail();
  finish(invocation, std::move(result));
}

}  // namespace perdure::executors

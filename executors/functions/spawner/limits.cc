#include "executors/functions/spawner/limits.h"

#include <algorithm>
#include <utility>

namespace perdure::executors::spawn {
namespace {

constexpr int64_t memory_look_ms = 50;

}  // namespace

void Limits::set_deadline(Worker& worker, uint64_t timeout_ms) {
  reactor_.cancel(std::exchange(worker.timer, 0));
  if (timeout_ms == 0) return;
  worker.deadline_ms = monotonic_ms() + static_cast<int64_t>(timeout_ms);
  worker.timer = reactor_.after(static_cast<int64_t>(timeout_ms), [this, id = worker.id] {
    if (Worker* late = handlers_.find(id)) at_deadline(*late);
  });
}

void Limits::at_deadline(Worker& worker) {
  worker.timer = 0;
  if (is_past(worker)) return;
  if (!worker.status) worker.timed_out = true;  // else it is what lingers that is late
  note_peak(worker);
  handlers_.end_program(worker);
}

// It has answered or has another request, so the word of this one's end is on its way.
bool Limits::is_past(const Worker& worker) const {
  if (worker.status) return false;
  const auto assigned = board_.look(worker.seat);
  return assigned ? assigned->request != worker.request
                  : board_.is_over(worker.seat, worker.request);
}

void Limits::watch_pressure(Worker& worker, sandbox::Cgroups::Group group) {
  worker.pressure = std::move(group.pressure);
  if (!worker.pressure) return look_at_memory(worker);
  reactor_.watch(worker.pressure.get(), group.events, [this, id = worker.id](uint32_t) {
    if (Worker* each = handlers_.find(id)) check_memory(*each);
  });
}

void Limits::forget(Worker& worker) {
  reactor_.cancel(worker.timer);
  reactor_.cancel(worker.memory_timer);
  if (worker.pressure) reactor_.forget(worker.pressure.get());
}

void Limits::check_memory(Worker& worker) {
  const int pressure = worker.pressure ? worker.pressure.get() : -1;
  if (!groups_.exceeds(worker.group, pressure)) return;
  worker.out_of_memory = true;
  note_peak(worker);
  handlers_.end(worker);
}

// Now and then while it starts or works, where nobody reports; the kernel's own limit stands.
void Limits::look_at_memory(Worker& worker) {
  if (!groups_.usable() || worker.pressure || worker.memory_timer != 0) return;
  worker.memory_timer = reactor_.after(memory_look_ms, [this, id = worker.id] {
    Worker* each = handlers_.find(id);
    if (!each) return;
    each->memory_timer = 0;
    check_memory(*each);
    if (!each->out_of_memory) look_at_memory(*each);
  });
}

void Limits::assigned(Worker& worker, const std::string& request, uint64_t timeout_ms) {
  worker.request = request;
  set_deadline(worker, timeout_ms);
  look_at_memory(worker);
}

void Limits::finished(Worker& worker) {
  set_deadline(worker, 0);
  reactor_.cancel(std::exchange(worker.memory_timer, 0));
  worker.request.clear();
}

void Limits::take_over(Worker& worker) {
  if (!worker.status && board_.is_over(worker.seat, worker.request)) return finished(worker);
  const auto found = board_.look(worker.seat);
  if (!found || found->request == worker.request) return;
  if (worker.status) {  // what is left of it has a time of its own
    worker.request = found->request;
    return;
  }
  const int64_t left = std::max<int64_t>(found->deadline_ms - monotonic_ms(), 1);
  assigned(worker, found->request, static_cast<uint64_t>(left));
}

void Limits::note_peak(Worker& worker) {
  worker.peak_kib = std::max(worker.peak_kib, peak_kib(worker.peak_files, worker.memory_mib));
}

}  // namespace perdure::executors::spawn

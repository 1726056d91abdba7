#include "executors/functions/spawner/outputs.h"

namespace perdure::executors::spawn {
namespace {

constexpr size_t read_bytes = 64 << 10;      // of a worker's output in one go
constexpr size_t drain_bytes = 1 << 20;      // at most, when a worker has ended
constexpr size_t max_kept_bytes = 64 << 10;  // of a worker's output while no engine is there

}  // namespace

void Outputs::watch(Worker& worker) {
  worker.engine_reads = false;
  if (std::exchange(worker.watched, true)) return;
  for (int i : {0, 1}) {
    const Descriptor& out = worker.shepherd.out[i];
    if (!out) continue;
    reactor_.watch(out.get(), Reactor::readable,
                   [this, id = worker.id, i](uint32_t) { on_output(id, i); });
  }
}

void Outputs::forget(Worker& worker) {
  worker.watched = false;
  for (Descriptor& out : worker.shepherd.out) {
    if (out) reactor_.forget(out.get());
  }
}

void Outputs::drain(Worker& worker) {
  if (worker.engine_reads) return;
  for (int i : {0, 1}) {
    for (size_t total = 0; total < drain_bytes && keep(worker, i); total += read_bytes) {
    }
  }
}

void Outputs::send_kept(Worker& worker) {
  if (!engine_.greeted()) return;
  for (uint8_t i = 0; i < 2; ++i) {
    if (worker.kept[i].empty()) continue;
    engine_.send(Output{worker.id, worker.request, static_cast<uint8_t>(i + 1),
                        std::exchange(worker.dropped[i], 0), std::exchange(worker.kept[i], {})});
  }
}

// An engine that comes gets those of all workers at once: what is sent needs no place here.
Descriptor Outputs::copy(const Descriptor& file) {
  Descriptor made = copy_of(file);
  if (made) return made;
  engine_.flush();
  return copy_of(file);
}

bool Outputs::hand_over(Worker& worker) {
  Files message{.worker = worker.id, .seat = worker.seat};
  std::vector<Descriptor> files;
  const auto add = [&](uint8_t which, const Descriptor& file) {
    if (!file) return true;
    files.push_back(copy(file));
    message.which |= which;
    return bool(files.back());
  };
  if (!add(Files::out, worker.shepherd.out[0]) || !add(Files::err, worker.shepherd.out[1]) ||
      !add(Files::group_peak, worker.peak_files.group) ||
      !add(Files::status, worker.peak_files.status)) {
    return false;
  }
  forget(worker);
  send_kept(worker);
  worker.engine_reads = true;
  engine_.send(message, std::move(files));
  return true;
}

void Outputs::on_output(const std::string& id, int index) { keep(*find_(id), index); }

bool Outputs::keep(Worker& worker, int index) {
  Descriptor& out = worker.shepherd.out[index];
  if (!out) return false;
  std::string bytes;
  if (read_some(out.get(), bytes, read_bytes) == IoState::closed) {
    reactor_.forget(out.get());
    out.reset();
  }
  std::string& kept = worker.kept[index];
  kept += bytes;
  if (kept.size() > max_kept_bytes) {
    worker.dropped[index] += kept.size() - max_kept_bytes;
    kept.erase(0, kept.size() - max_kept_bytes);
  }
  return !bytes.empty();
}

}  // namespace perdure::executors::spawn

#include "executors/functions/spawner/outputs.h"

namespace perdure::executors::spawn {
namespace {

constexpr size_t read_bytes = 64 << 10;      // of a worker's output in one go
constexpr size_t drain_bytes = 1 << 20;      // at most, when a request has ended
constexpr size_t max_kept_bytes = 64 << 10;  // of a worker's output while no engine is there

}  // namespace

void Outputs::watch(Worker& worker) {
  for (int i : {0, 1}) watch(worker, i);
}

void Outputs::forget(Worker& worker) {
  std::erase_if(paused_, [&](const auto& each) { return each.first == worker.id; });
  for (Descriptor& out : worker.shepherd.out) {
    if (out) reactor_.forget(out.get());
  }
}

void Outputs::drain(Worker& worker) {
  for (int i : {0, 1}) drain(worker, i);
}

void Outputs::send_kept(Worker& worker) {
  for (uint8_t i = 0; i < 2; ++i) {
    if (worker.kept[i].empty()) continue;
    engine_.send(Output{worker.id, worker.request, static_cast<uint8_t>(i + 1),
                        std::exchange(worker.dropped[i], 0), std::exchange(worker.kept[i], {})});
  }
}

void Outputs::watch(Worker& worker, int index) {
  reactor_.watch(worker.shepherd.out[index].get(), Reactor::readable,
                 [this, id = worker.id, index](uint32_t) { on_output(id, index); });
}

void Outputs::on_output(const std::string& id, int index) {
  Worker& worker = *find_(id);
  Descriptor& out = worker.shepherd.out[index];
  if (engine_.greeted() && engine_.waiting_bytes() > EngineSide::max_waiting_bytes) {
    // The engine is behind: whoever writes more than the pipe holds waits for it.
    reactor_.forget(out.get());
    paused_.emplace_back(id, index);
    return;
  }
  if (pass_on(worker, index, read_bytes) == IoState::closed) {
    reactor_.forget(out.get());
    out.reset();
  }
}

IoState Outputs::pass_on(Worker& worker, int index, size_t limit) {
  std::string bytes;
  IoState state = read_some(worker.shepherd.out[index].get(), bytes, limit);
  if (bytes.empty()) return state;
  auto stream = static_cast<uint8_t>(index + 1);
  if (engine_.greeted()) {
    engine_.send(Output{worker.id, worker.request, stream, 0, std::move(bytes)});
  } else {
    std::string& kept = worker.kept[index];
    kept += bytes;
    if (kept.size() > max_kept_bytes) {
      worker.dropped[index] += kept.size() - max_kept_bytes;
      kept.erase(0, kept.size() - max_kept_bytes);
    }
  }
  return state;
}

void Outputs::drain(Worker& worker, int index) {
  Descriptor& out = worker.shepherd.out[index];
  for (size_t total = 0; out && total < drain_bytes; total += read_bytes) {
    size_t waiting = engine_.waiting_bytes() + worker.kept[index].size() + worker.dropped[index];
    IoState state = pass_on(worker, index, read_bytes);
    if (state == IoState::closed) {
      reactor_.forget(out.get());
      out.reset();
    }
    if (engine_.waiting_bytes() + worker.kept[index].size() + worker.dropped[index] == waiting)
      return;
  }
}

void Outputs::resume() {
  for (auto& [id, index] : std::exchange(paused_, {})) {
    Worker* worker = find_(id);
    if (worker && worker->shepherd.out[index]) watch(*worker, index);
  }
}

}  // namespace perdure::executors::spawn

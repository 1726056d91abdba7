#include "executors/functions/pool/worker_files.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <bit>
#include <string>

namespace perdure::executors {
namespace {

// Of one stream in a round of the reactor: who prints more waits, and others have their turns.
constexpr size_t read_bytes = 16 << 10;
constexpr size_t drain_bytes = 1 << 20;  // more than a pipe of anybody but root holds

}  // namespace

std::unique_ptr<WorkerFiles> WorkerFiles::open(Reactor& reactor, const spawn::Files& message,
                                               std::vector<Descriptor> files, Printed printed) {
  using spawn::Files;
  if (std::ssize(files) != std::popcount(message.which)) return nullptr;
  std::unique_ptr<WorkerFiles> made(new WorkerFiles(reactor, std::move(printed)));
  auto next = files.begin();
  const auto take = [&](uint8_t which, Descriptor& place) {
    if (message.which & which) place = std::move(*next++);
  };
  take(Files::out, made->out_[0]);
  take(Files::err, made->out_[1]);
  take(Files::group_peak, made->peak_.group);
  take(Files::status, made->peak_.status);
  made->watch();
  return made;
}

WorkerFiles::~WorkerFiles() {
  for (const Descriptor& out : out_) {
    if (out) reactor_.forget(out.get());
  }
}

void WorkerFiles::watch() {
  for (int i : {0, 1}) {
    if (!out_[i]) continue;
    reactor_.watch(out_[i].get(), Reactor::readable, [this, i](uint32_t) { take(i, read_bytes); });
  }
}

void WorkerFiles::drain() {
  for (int i : {0, 1}) drain(i);
}

void WorkerFiles::drain(int index) {
  int there = 0;
  if (!out_[index] || ioctl(out_[index].get(), FIONREAD, &there) != 0) return;
  // A pipe may give it in pieces.
  for (size_t left = std::min(static_cast<size_t>(there), drain_bytes); left > 0;) {
    const size_t piece = std::min(left, read_bytes);
    if (!take(index, piece)) return;
    left -= piece;
  }
}

bool WorkerFiles::take(int index, size_t limit) {
  std::string bytes;
  if (read_some(out_[index].get(), bytes, limit) == IoState::closed) {
    reactor_.forget(out_[index].get());
    out_[index].reset();
  }
  if (!bytes.empty()) printed_(index + 1, bytes);
  return !bytes.empty() && out_[index];
}

}  // namespace perdure::executors

#pragma once
// What the engine reads of a worker by itself: what it prints, and the most memory that it had.

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "executors/functions/reactor.h"
#include "executors/functions/sockets.h"
#include "executors/functions/spawner/peak.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors {

// Lives on the reactor's thread.
class WorkerFiles {
 public:
  using Printed = std::function<void(int stream, std::string_view bytes)>;  // 1 stdout, 2 stderr

  // Null: some of those that `message` names are missing.
  static std::unique_ptr<WorkerFiles> open(Reactor& reactor, const spawn::Files& message,
                                           std::vector<Descriptor> files, Printed printed);
  ~WorkerFiles();
  WorkerFiles(const WorkerFiles&) = delete;

  // `printed` gets what is in the pipes by now: all that the worker has printed before it said
  // something, and not what another process of it goes on to print.
  void drain();
  uint64_t peak_kib(uint64_t memory_mib) const { return spawn::peak_kib(peak_, memory_mib); }

 private:
  WorkerFiles(Reactor& reactor, Printed printed)
      : reactor_(reactor), printed_(std::move(printed)) {}
  void watch();
  void drain(int index);
  // False: nothing was there.
  bool take(int index, size_t limit);

  Reactor& reactor_;
  const Printed printed_;
  Descriptor out_[2];
  spawn::PeakFiles peak_;
};

}  // namespace perdure::executors

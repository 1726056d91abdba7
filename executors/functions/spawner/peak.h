#pragma once
// The most memory that a worker had resident at once, read from files that stay open for its life.

#include <cstdint>

#include "executors/functions/sockets.h"

namespace perdure::executors::spawn {

struct PeakFiles {
  Descriptor group;   // of its control group: with all it has started, and what lies in /tmp
  Descriptor status;  // of its first process in /proc, where that has more to say
};

// So far, in all groups or of a process that lives; what is above the worker's memory lay in /tmp.
// 0: not known.
uint64_t peak_kib(const PeakFiles& files, uint64_t memory_mib);

}  // namespace perdure::executors::spawn

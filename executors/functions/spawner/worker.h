#pragma once
// What the spawner knows of one worker that lives.

#include <cstdint>
#include <optional>
#include <string>

#include "executors/functions/sockets.h"
#include "executors/functions/spawner/board.h"
#include "executors/functions/spawner/peak.h"
#include "executors/functions/spawner/protocol.h"
#include "executors/functions/spawner/shepherd.h"

namespace perdure::executors::spawn {

struct Worker {
  std::string id, tag;
  std::string request;  // as far as we have been told, or have looked at the board
  Seat seat = 0;
  std::string from;  // as ordered
  uint64_t memory_mib = 0;
  Shepherd shepherd;
  std::string group;          // the name of its control group
  Descriptor pressure;        // of its control group's memory, if it has one
  uint32_t pid = 0;           // 0: not reported yet
  uint64_t timer = 0;         // of the deadline, 0: none
  uint64_t memory_timer = 0;  // of the next look at its memory, 0: none
  int64_t deadline_ms = 0;    // monotonic
  bool timed_out = false;
  Tier tier = Tier::plain;
  bool runs = false;      // its shepherd has said so
  bool unwanted = false;  // it is to end as soon as it has a process
  bool out_of_memory = false;
  uint32_t linger_ms = 0;     // that the rest goes on when its program has ended
  Descriptor program;         // of a worker that lingers: its first process
  std::optional<int> status;  // how it ended, as wait() tells it
  PeakFiles peak_files;
  uint64_t peak_kib = 0;  // at least
  // An engine has its pipes; else we read them, or leave what it prints in there till it has.
  bool engine_reads = false;
  bool watched = false;
  std::string kept[2];  // output that waits for an engine
  uint64_t dropped[2] = {};
};

}  // namespace perdure::executors::spawn

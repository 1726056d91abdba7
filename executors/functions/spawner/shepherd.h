#pragma once
// A shepherd is a process between the spawner and one worker: it starts the worker, adopts whatever
// the worker's children leave behind, and when the worker ends (or the spawner does, or asks by
// SIGTERM) ends all of them before it ends itself in the same way as the worker. So nothing
// outlives its worker, and no worker its spawner. (A process namespace takes its place where one
// may be made.)

#include "executors/functions/sockets.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors::spawn {

struct Shepherd {
  int pid = 0;
  Descriptor exit;    // readable once the shepherd has ended
  Descriptor report;  // what it has to say: a Report, then end of file
  Descriptor out[2];  // read ends of the worker's stdout and stderr, non-blocking
  Descriptor wake;    // of a worker that waits: what is written here it reads as descriptor 3
};

inline constexpr int control_fd = 3;  // where a process that is kept ready hears what to become

// The pipes between the spawner and one worker; `ours` has no process yet.
struct WorkerPipes {
  Shepherd ours;
  Descriptor worker[2];  // its stdout and stderr
  Descriptor report;     // its shepherd's
};
Result<WorkerPipes> make_pipes();

// Written by the shepherd once the worker runs, or once it cannot.
struct Report {
  int32_t pid = 0;
  int32_t error = 0;   // errno of the failed step; 0: running
  char step[16] = {};  // which one
};

enum class Waits : bool { no, yes };

// Forks the calling process, which must be small and have one thread.
Result<Shepherd> start_shepherd(const Spawn& order, Waits waits = Waits::no);
// Notes the process, whose id must not be in use again yet.
Result<> watch_shepherd(Shepherd& shepherd, int pid);

// For the child between fork and exec: signals as a program expects them; a descriptor at its
// place.
void reset_signals();
bool move_to(int fd, int place);
// As execve takes them; the texts stay the caller's.
std::vector<char*> pointers(const std::vector<std::string>& texts);

// Kills and reaps all children of the calling process but those listed.
void end_children(const std::vector<int>& except);

}  // namespace perdure::executors::spawn

#pragma once
// A shepherd is a process between the spawner and one worker: it starts the worker, adopts whatever
// the worker's children leave behind, and when the worker ends (or the spawner does, or asks by
// SIGTERM) ends all of them before it ends itself. So nothing outlives its worker, and no worker
// its spawner. In a sandbox with namespaces it is process 1 there, whose end is the kernel's sign
// to end the rest.

#include <string>
#include <vector>

#include "executors/functions/sandbox/plan.h"
#include "executors/functions/sockets.h"
#include "executors/functions/spawner/household.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors::spawn {

struct Shepherd {
  int pid = 0;
  Descriptor exit;    // readable once the shepherd has ended
  Descriptor report;  // what it has to say: Reports, then end of file
  Descriptor out[2];  // read ends of the worker's stdout and stderr, non-blocking
  Descriptor wake;    // of a worker that waits: what is written here it reads as descriptor 3;
                      // of one that waits for orders a socket, which keeps messages apart
};

// The pipes between the spawner and one worker; `ours` has no process yet.
struct WorkerPipes {
  Shepherd ours;
  Descriptor worker[2];  // its stdout and stderr
  Descriptor report;     // its shepherd's
  Descriptor wake;       // of one that waits: where it hears what to become
};
enum class Waits : uint8_t { no, yes, for_orders };
Result<WorkerPipes> make_pipes(Waits waits);

// The calls of a worker, as bytes: its folder and limits, and its part of the plan.
std::string worker_calls(const Spawn& order, const sandbox::Plan& plan);

// Forks the calling process, which must be small and have one thread.
Result<Shepherd> start_shepherd(const Spawn& order, const sandbox::Plan& plan,
                                Waits waits = Waits::no);
// Notes the process, whose number must not be in use again yet.
Result<> watch_shepherd(Shepherd& shepherd, int pid);

// For the child between fork and exec: signals as a program expects them; a descriptor at its
// place.
void reset_signals();
bool move_to(int fd, int place);
// As execve takes them; the texts stay the caller's.
std::vector<char*> pointers(const std::vector<std::string>& texts);

}  // namespace perdure::executors::spawn

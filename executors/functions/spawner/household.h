#pragma once
// A shepherd and its worker, from within: what a new process does to become them. The spawner's
// children and those of a zygote run this; it needs nothing but the C library, and allocates
// nothing.

#include <cstddef>
#include <cstdint>

namespace perdure::executors::spawn {

inline constexpr int control_fd = 3;  // where a process that is kept ready hears what to become

// Written by the shepherd once the worker runs, or once it cannot, and when it has ended.
struct Report {
  enum class What : int32_t { running, failed, ended, reaped };
  What what = What::running;
  int32_t status = 0;   // of `ended`, `reaped`: as wait() tells it; of `failed`: errno
  int32_t process = 0;  // of `reaped`: its number in the shepherd's namespace
  char step[48] = {};   // of `failed`: which one
};

// Calls as sandbox/calls.h has them.
struct CallBytes {
  char* data = nullptr;
  size_t size = 0;
};

struct Household {
  bool apart = false;       // the shepherd is in namespaces of its own, and process 1 there
  CallBytes house, worker;  // the calls of the two; what a sandbox has of each
  int out = -1, err = -1;   // write ends of the worker's stdout and stderr
  int report = -1;          // of the shepherd's reports; no process here has the other end
  int wake = -1;            // of one that waits: the worker has it as `control_fd`
  const char* name = "";    // of the worker's process; empty: an exec will give it one
  bool lingers = false;     // what the worker leaves behind goes on until somebody wants its end
  bool tells_all = false;   // whatever it reaps is reported, not only the worker
};

// In a new process that has nothing else to do: it becomes the shepherd, which does not come back.
// Returns in the worker, with its output in place, its rights given up and no signal blocked. All
// other descriptors are still open.
void keep_house(const Household& household);

// The process cannot go on: says so, and ends.
[[noreturn]] void fail(int report, const char* step, int error);

// Those of a process, as this one numbers them: how many, at most so many.
size_t children_of(int pid, int* found, size_t most);
// Kills and reaps all children of the calling process but those listed.
void end_children(const int* except, size_t count);

}  // namespace perdure::executors::spawn

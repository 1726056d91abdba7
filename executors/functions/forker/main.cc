// A library that zygotes load: it makes workers of the process that calls it. What a shepherd does
// is the same as of one that the spawner makes (spawner/household.h); it runs none of the
// interpreter, whose memory it shares for as long as it does not touch it.

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "executors/functions/sandbox/calls.h"
#include "executors/functions/spawner/household.h"

using namespace perdure::executors;

namespace {

#define PERDURE_EXPORTED extern "C" __attribute__((visibility("default")))

// A file in memory of parts, each 4 bytes of length and so many bytes; a copy of our own.
struct Parts {
  explicit Parts(int file) {
    struct stat seen {};
    if (fstat(file, &seen) != 0) return;
    size = static_cast<size_t>(seen.st_size);
    void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (mapped != MAP_FAILED) data = static_cast<char*>(mapped);
  }

  // Without its length; null: there is none.
  spawn::CallBytes next() {
    uint32_t length = 0;
    if (data == nullptr || size - at < sizeof length) return {};
    memcpy(&length, data + at, sizeof length);
    at += sizeof length;
    if (size - at < length) return {};
    at += length;
    return {data + at - length, length};
  }

  char* data = nullptr;
  size_t size = 0, at = 0;
};

}  // namespace

// What the worker is told of its order: where it lies, until perdure_forget().
struct PerdureOrder {
  const char* frame;
  uint64_t size;
  void* mapped;
  uint64_t mapped_size;
};

// Forks a shepherd beside the caller, as a child of the caller's parent, and the shepherd a worker.
// `files`: the order, stdout, stderr, report and, if the worker is to wait, its control. In the
// caller: the shepherd's process id, or an errno below 0. In the worker: 0, and the order.
PERDURE_EXPORTED int perdure_fork(uint64_t namespaces, const int* files, int count,
                                  PerdureOrder* order) {
  const long pid = syscall(SYS_clone, namespaces | CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (pid != 0) return pid < 0 ? -errno : static_cast<int>(pid);
  Parts parts(files[0]);
  const spawn::CallBytes frame = parts.next();
  spawn::Household household{.apart = namespaces != 0,
                             .house = parts.next(),
                             .worker = parts.next(),
                             .out = files[1],
                             .err = files[2],
                             .report = files[3],
                             .wake = count > 4 ? files[4] : -1,
                             .name = "python3"};
  if (household.worker.size == 0) spawn::fail(household.report, "order", EINVAL);
  spawn::keep_house(household);
  prctl(PR_SET_DUMPABLE, 1);  // as after an exec
  syscall(SYS_close_range, household.wake >= 0 ? spawn::control_fd + 1u : 3u, ~0u, 0u);
  *order = {frame.data, frame.size, parts.data, parts.size};
  return 0;
}

// The order has been read.
PERDURE_EXPORTED void perdure_forget(PerdureOrder* order) {
  munmap(order->mapped, order->mapped_size);
  *order = {};
}

// The calls of walls that follow: 0, or an errno, and which call it was.
PERDURE_EXPORTED int perdure_calls(char* calls, uint64_t size, const char** failed) {
  const sandbox::Failure failure = sandbox::make_calls(calls, size);
  *failed = failure.call;
  return failure.error;
}

#pragma once
// The calling process, which has one thread, in the mount namespace of another for a while.

#include <fcntl.h>
#include <sched.h>

#include "base/files.h"
#include "executors/functions/sockets.h"

namespace perdure::executors::sandbox {

class MountNamespaceVisit {
 public:
  static Result<MountNamespaceVisit> of(int pid) {
    const std::string name = "/proc/" + std::to_string(pid) + "/ns/mnt";
    Descriptor home(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
    const Descriptor there(open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!home || !there) return system_error("open", name, errno);
    if (setns(there.get(), CLONE_NEWNS) != 0) return system_error("enter", name, errno);
    return MountNamespaceVisit(std::move(home));
  }
  MountNamespaceVisit(MountNamespaceVisit&&) = default;
  // Nothing could go on in the wrong place.
  ~MountNamespaceVisit() {
    if (home_) PD_ASSERT(setns(home_.get(), CLONE_NEWNS) == 0);
  }

 private:
  explicit MountNamespaceVisit(Descriptor home) : home_(std::move(home)) {}
  Descriptor home_;
};

}  // namespace perdure::executors::sandbox

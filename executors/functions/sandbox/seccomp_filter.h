#pragma once
// Which system calls a worker may make: a filter in the kernel's classic BPF. What changes the
// machine, other processes or the sandbox is refused with EPERM; what this filter does not know
// (calls newer than it, io_uring, clone3, whose arguments cannot be looked at) with ENOSYS, after
// which programs fall back on what they used before.

#include <string>

namespace perdure::executors::sandbox {

// What forks workers into roots of their own may; they may not.
enum class MayChroot : bool { no, yes };

// struct sock_filter[] as bytes. Without `network` there are no sockets but Unix ones.
std::string seccomp_filter(bool network, MayChroot chroot = MayChroot::no);

}  // namespace perdure::executors::sandbox

#pragma once
// A root for one of the workers that a process forks (Box::forks): a copy of that process's own
// with a /tmp of its own, in its mount namespace.

#include <string>

#include "executors/functions/sockets.h"

namespace perdure::executors::sandbox {

// `pid`: of somebody in that namespace. The folder is open for whoever is to have it as its root;
// `name` is its own in workers_folder. For a process with one thread, as root.
Result<Descriptor> make_worker_root(int pid, const std::string& name, uint64_t tmp_mib);
// What is in its /tmp is gone then, also for whoever has kept it open. False: that cannot be had,
// and it takes memory until the last of those has ended.
bool remove_worker_root(int pid, const std::string& name);

}  // namespace perdure::executors::sandbox

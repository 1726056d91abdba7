#pragma once
// The plan of one worker's sandbox. Pure: what is to be had and what this machine is go in, system
// calls come out.
//
// At levels A and B a worker sees a root of its own: the programs and libraries of the machine, the
// binds, all read-only; /tmp, which is its own; /proc of its own processes; a few devices.

#include <cstdint>
#include <string>
#include <vector>

#include "executors/functions/sandbox/level.h"
#include "executors/functions/sandbox/machine.h"
#include "executors/functions/sandbox/plan.h"

namespace perdure::executors::sandbox {

// What a worker may do without: where it is gone by the time the worker starts, it does.
inline constexpr const char* cache_folder = "/var/cache";

struct Bind {
  std::string from;  // absolute, canonical: a folder
  std::string to;    // where the worker sees it; at level C it is seen at `from`
};

struct Box {
  Level level = Level::none;
  // B without root: namespaces by way of a user namespace.
  bool user_namespace = false;
  uint32_t uid = 0, gid = 0;     // of who makes it, where `user_namespace` is set
  uint32_t worker_uid = 0;       // else; 0: stays who it is (level C)
  int64_t tmp_mib = 512;         // of /tmp at A and B
  int64_t max_processes = 1024;  // of the worker's user
  bool network = true;
  std::vector<Bind> binds;
  std::vector<std::string> cgroups;           // files cgroup.procs to join
  std::vector<std::string> writable_folders;  // at level C, in place of /tmp
  // At A: it forks workers, each with a root of its own beneath workers_folder. All that it may do
  // beyond others is chroot.
  bool forks = false;
};

Plan make_plan(const Box& box, const Machine& machine);

// Of a worker that such a process has forked, once the folder that is to be its root is its working
// directory: what is left to be given up.
std::vector<Call> forked_calls(const Box& box, const Machine& machine);

// In the root of a box that forks, for root alone.
inline constexpr const char* workers_folder = "/.workers";

// Users and groups as a worker without root sees itself, which are those of AWS.
inline constexpr uint32_t inner_uid = 993, inner_gid = 990;

}  // namespace perdure::executors::sandbox

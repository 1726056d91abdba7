#pragma once
// A control group for each worker: its memory, processes and share of the processors, what it used
// at most, and whether the kernel ended it for want of memory. Version 1 and 2.
//
// All lie in one folder beneath the group of the spawner, named after the data folder; so a spawner
// finds what a killed one has left behind.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "executors/functions/sockets.h"

namespace perdure::executors::sandbox {

// One mounted tree of groups, and where in it the calling process is.
struct Hierarchy {
  std::string root;      // the mount point
  std::string own;       // folder of the own group, beneath it
  bool unified = false;  // version 2
  bool memory = false, pids = false, cpu = false;
  bool operator==(const Hierarchy&) const = default;
};

// From /proc/self/mountinfo and /proc/self/cgroup: those that limit one of the three.
std::vector<Hierarchy> hierarchies_of(std::string_view mountinfo, std::string_view groups);

std::vector<Hierarchy> own_hierarchies();  // of the calling process

class Cgroups {
 public:
  // Makes the folder where this process may; removes what it finds in it.
  static Cgroups open(const std::vector<Hierarchy>& hierarchies, const std::string& name);

  // Memory and processes can be limited. If not: why.
  bool usable() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }

  struct Group {
    std::vector<std::string> files;  // to write the pid into
    // Reports `events` while much memory is used; none: exceeds() is to be asked now and then.
    Descriptor pressure;
    uint32_t events = 0;  // EPOLL*
  };
  // As on AWS a processor for each 1,769 MiB, in proportion while others want it too. What lies in
  // /tmp is in memory here, but no part of what a function may use there: the kernel stops at both
  // together, and exceeds() tells them apart.
  Result<Group> make(const std::string& worker, int64_t memory_mib, int64_t tmp_mib);
  // Whether the worker uses more than its memory. Resets a report of `pressure`; -1: there is none.
  bool exceeds(const std::string& worker, int pressure);
  // Has the most bytes that it used, read from its beginning; nothing: this kernel does not tell.
  Descriptor peak_file(const std::string& worker) const;
  bool ran_out_of_memory(const std::string& worker) const;
  // Of a process that runs already: into the files of its group.
  static bool join(const std::vector<std::string>& files, int pid);
  // Kills all its processes, none of which can start another meanwhile.
  void end(const std::string& worker) const;
  // Once its processes are gone. What cannot be removed yet is tried again with the next.
  void remove(const std::string& worker);
  // All, with the processes in them and the folder itself. Waits a second at most for their end.
  void close();

 private:
  struct Branch {
    Hierarchy hierarchy;
    std::string folder;
  };
  Result<std::string> open_branch(const Hierarchy& hierarchy, const std::string& name);
  struct Quota {
    int64_t memory = 0, tmp = 0;  // bytes
  };
  Descriptor limit_memory(const Branch& branch, const std::string& group, const Quota& quota) const;
  void limit(const Branch& branch, const std::string& group, int64_t memory_mib) const;
  const Branch* memory_branch() const;

  std::vector<Branch> branches_;
  std::map<std::string, Quota> quotas_;  // by worker
  std::vector<std::string> left_;        // folders that could not be removed
  std::string why_not_ = "no control groups were looked for";
};

}  // namespace perdure::executors::sandbox

#include "executors/functions/sandbox/cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/files.h"

namespace perdure::executors::sandbox {
namespace {

constexpr int64_t max_processes = 1024;      // AWS's
constexpr int64_t mib_per_processor = 1769;  // AWS's
constexpr int64_t least_step = 8 << 20;      // bytes between reports
constexpr int64_t whole_share_v1 = 1024, whole_share_v2 = 100;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

bool has(const std::vector<std::string_view>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

// "HIERARCHY:CONTROLLERS:PATH" of the line that has the controller; version 2 has none.
std::optional<std::string_view> own_path(std::string_view groups, std::string_view controller) {
  for (std::string_view line : split(groups, '\n')) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? controllers.empty() : has(split(controllers, ','), controller)) {
      return line.substr(second + 1);
    }
  }
  return std::nullopt;
}

// Where the group is beneath the mount point, whose root may be a group itself (in containers).
std::string beneath(std::string_view mount_point, std::string_view mount_root,
                    std::string_view path) {
  if (mount_root != "/" && path.starts_with(mount_root)) path.remove_prefix(mount_root.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(mount_point) + std::string(path);
}

bool write_value(const std::string& path, std::string_view text) {
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool write_number(const std::string& path, int64_t number) {
  return write_value(path, std::to_string(number));
}

uint64_t number_in(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Of the line "KEY NUMBER"; 0: there is none.
uint64_t value_of(std::string_view text, std::string_view key) {
  for (std::string_view line : split(text, '\n')) {
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      return number_in(line.substr(key.size() + 1));
    }
  }
  return 0;
}

int open_file(const std::string& path, int flags) {
  return ::open(path.c_str(), flags | O_CLOEXEC);
}

void kill_processes_in(const std::string& group) {
  const auto pids = read_file(group + "/cgroup.procs");
  if (!pids) return;
  for (std::string_view pid : split(*pids, '\n')) {
    if (const auto number = static_cast<pid_t>(number_in(pid)); number > 1) kill(number, SIGKILL);
  }
}

// The groups left in a folder belong to a spawner that is gone, and so does what is in them.
void remove_groups(const std::string& folder) {
  const auto names = list_directory(folder);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string group = folder + "/" + name;
    struct stat info {};
    if (lstat(group.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) continue;
    kill_processes_in(group);
    rmdir(group.c_str());
  }
}

Error cannot(std::string_view doing, const std::string& path) {
  return system_error(doing, path, errno);
}

}  // namespace

std::vector<Hierarchy> hierarchies_of(std::string_view mountinfo, std::string_view groups) {
  std::vector<Hierarchy> found;
  for (std::string_view line : split(mountinfo, '\n')) {
    const size_t dash = line.find(" - ");
    if (dash == line.npos) continue;
    const auto before = split(line.substr(0, dash), ' ');
    const auto after = split(line.substr(dash + 3), ' ');
    if (before.size() < 5 || after.size() < 3) continue;
    const auto options = split(after[2], ',');
    Hierarchy one{.root = std::string(before[4])};
    std::optional<std::string_view> path;
    if (after[0] == "cgroup2") {
      one.unified = one.memory = one.pids = one.cpu = true;  // as far as it says, later
      path = own_path(groups, "");
    } else if (after[0] == "cgroup") {
      one.memory = has(options, "memory");
      one.pids = has(options, "pids");
      one.cpu = has(options, "cpu");
      for (const char* controller : {"memory", "pids", "cpu"}) {
        if (!path && has(options, controller)) path = own_path(groups, controller);
      }
    }
    if (!path || (!one.memory && !one.pids && !one.cpu)) continue;
    one.own = beneath(one.root, before[3], *path);
    found.push_back(std::move(one));
  }
  return found;
}

std::vector<Hierarchy> own_hierarchies() {
  const auto mountinfo = read_file("/proc/self/mountinfo");
  const auto groups = read_file("/proc/self/cgroup");
  if (!mountinfo || !groups) return {};
  return hierarchies_of(*mountinfo, *groups);
}

Cgroups Cgroups::open(const std::vector<Hierarchy>& hierarchies, const std::string& name) {
  Cgroups groups;
  groups.why_not_.clear();
  bool memory = false, pids = false;
  for (Hierarchy hierarchy : hierarchies) {
    if (hierarchy.unified) {
      const auto available = read_file(hierarchy.root + "/cgroup.controllers");
      if (!available || available->find("memory") == std::string::npos) continue;
    }
    auto folder = groups.open_branch(hierarchy, name);
    if (!folder) {
      groups.why_not_ = folder.error().cause;
      continue;
    }
    memory = memory || hierarchy.memory;
    pids = pids || hierarchy.pids;
    groups.branches_.push_back({std::move(hierarchy), std::move(*folder)});
  }
  if (memory && pids) {
    groups.why_not_.clear();
  } else if (groups.why_not_.empty()) {
    groups.why_not_ = "no control groups for memory and processes are mounted";
  }
  return groups;
}

// Version 1: in the own group. Version 2: a group that has processes cannot have limited ones
// beneath it, so the nearest one above that hands its controllers down is taken.
Result<std::string> Cgroups::open_branch(const Hierarchy& hierarchy, const std::string& name) {
  std::string at = hierarchy.own;
  Error last{ErrorKind::denied, "ServiceException", "no group may be made in " + at};
  for (;;) {
    const std::string folder = at + "/" + name;
    if (mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST) {
      remove_groups(folder);
      if (!hierarchy.unified) return folder;
      write_value(at + "/cgroup.subtree_control", "+memory +pids");
      write_value(at + "/cgroup.subtree_control", "+cpu");
      write_value(folder + "/cgroup.subtree_control", "+cpu");
      if (write_value(folder + "/cgroup.subtree_control", "+memory +pids")) return folder;
      last = cannot("limit memory in", folder);
      rmdir(folder.c_str());
    } else {
      last = cannot("make", folder);
    }
    if (!hierarchy.unified || at.size() <= hierarchy.root.size()) return last;
    at.resize(at.rfind('/'));
  }
}

// Version 2 reports above a mark that moves along, and slows down what is above it. Version 1 would
// at thresholds, each of which takes the kernel some 15 ms to note: there nothing reports.
Descriptor Cgroups::limit_memory(const Branch& branch, const std::string& group,
                                 const Quota& quota) const {
  if (branch.hierarchy.unified) {
    write_value(group + "/memory.swap.max", "0");
    write_number(group + "/memory.max", quota.memory + quota.tmp);
    if (!write_number(group + "/memory.high", quota.memory)) return {};
    return Descriptor(open_file(group + "/memory.events", O_RDONLY));
  }
  write_number(group + "/memory.swappiness", 0);
  write_number(group + "/memory.limit_in_bytes", quota.memory + quota.tmp);
  return {};
}

void Cgroups::limit(const Branch& branch, const std::string& group, int64_t memory_mib) const {
  const bool v2 = branch.hierarchy.unified;
  if (branch.hierarchy.pids) write_number(group + "/pids.max", max_processes);
  if (branch.hierarchy.cpu) {
    const int64_t whole = v2 ? whole_share_v2 : whole_share_v1;
    const int64_t share = std::max<int64_t>(memory_mib * whole / mib_per_processor, 2);
    write_number(group + (v2 ? "/cpu.weight" : "/cpu.shares"), share);
  }
}

Result<Cgroups::Group> Cgroups::make(const std::string& worker, int64_t memory_mib,
                                     int64_t tmp_mib) {
  Group made;
  const Quota quota{.memory = memory_mib << 20, .tmp = tmp_mib << 20};
  for (const Branch& branch : branches_) {
    const std::string group = branch.folder + "/" + worker;
    if (mkdir(group.c_str(), 0755) != 0) return cannot("make", group);
    if (branch.hierarchy.memory) {
      made.pressure = limit_memory(branch, group, quota);
      made.events = EPOLLPRI;
    }
    limit(branch, group, memory_mib);
    made.files.push_back(group + "/cgroup.procs");
  }
  quotas_[worker] = quota;
  return made;
}

bool Cgroups::exceeds(const std::string& worker, int pressure) {
  char said[512];
  if (pressure >= 0 && pread(pressure, said, sizeof said, 0) < 0) {
    (void)!read(pressure, said, sizeof said);  // an event descriptor has no places
  }
  const Branch* branch = memory_branch();
  const auto quota = quotas_.find(worker);
  if (branch == nullptr || quota == quotas_.end()) return false;
  const std::string group = branch->folder + "/" + worker;
  const bool v2 = branch->hierarchy.unified;
  const auto stat = read_file(group + "/memory.stat");
  if (!stat) return false;
  const auto used = static_cast<int64_t>(value_of(*stat, v2 ? "anon" : "rss"));
  if (used > quota->second.memory) return true;
  if (v2) {
    const auto in_tmp = static_cast<int64_t>(value_of(*stat, "shmem"));
    write_number(group + "/memory.high", quota->second.memory + in_tmp + least_step);
  }
  return false;
}

const Cgroups::Branch* Cgroups::memory_branch() const {
  for (const Branch& branch : branches_) {
    if (branch.hierarchy.memory) return &branch;
  }
  return nullptr;
}

Descriptor Cgroups::peak_file(const std::string& worker) const {
  const Branch* branch = memory_branch();
  if (branch == nullptr || !quotas_.contains(worker)) return {};
  const char* name = branch->hierarchy.unified ? "/memory.peak" : "/memory.max_usage_in_bytes";
  return Descriptor(open_file(branch->folder + "/" + worker + name, O_RDONLY));
}

bool Cgroups::ran_out_of_memory(const std::string& worker) const {
  const Branch* branch = memory_branch();
  if (branch == nullptr) return false;
  const auto text =
      read_file(branch->folder + "/" + worker +
                (branch->hierarchy.unified ? "/memory.events" : "/memory.oom_control"));
  return text && value_of(*text, "oom_kill") > 0;
}

bool Cgroups::join(const std::vector<std::string>& files, int pid) {
  return std::ranges::all_of(files, [&](const auto& file) { return write_number(file, pid); });
}

void Cgroups::end(const std::string& worker) const {
  for (const Branch& branch : branches_) {
    if (branch.hierarchy.pids) write_number(branch.folder + "/" + worker + "/pids.max", 0);
  }
  // Twice: one that was just being started is seen then.
  for (int i = 0; i < 2 && !branches_.empty(); ++i) {
    kill_processes_in(branches_.front().folder + "/" + worker);
  }
}

void Cgroups::remove(const std::string& worker) {
  quotas_.erase(worker);
  for (const Branch& branch : branches_) left_.push_back(branch.folder + "/" + worker);
  std::erase_if(
      left_, [](const std::string& group) { return rmdir(group.c_str()) == 0 || errno == ENOENT; });
}

void Cgroups::close() {
  // A process that was killed is in its group until the kernel is done with it.
  for (int tries = 0; tries < 200 && !branches_.empty(); ++tries) {
    if (tries > 0) usleep(5'000);
    std::erase_if(branches_, [](const Branch& branch) {
      remove_groups(branch.folder);
      return rmdir(branch.folder.c_str()) == 0 || errno == ENOENT;
    });
  }
  branches_.clear();
}

}  // namespace perdure::executors::sandbox

#include "base/memory_limit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace perdure {
namespace {

// "max", or a file that is not there, is no limit.
int64_t limit_in(const std::string& path) {
  std::ifstream file(path);
  int64_t bytes = 0;
  return file >> bytes && bytes > 0 ? bytes : INT64_MAX;
}

int64_t least_limit(const std::string& root, std::string group, const char* file) {
  int64_t least = INT64_MAX;
  for (;;) {
    least = std::min(least, limit_in(root + group + "/" + file));
    const size_t slash = group.rfind('/');
    if (slash == group.npos) return least;
    group.resize(slash);
  }
}

bool names_memory(std::string_view controllers) {
  return ("," + std::string(controllers) + ",").find(",memory,") != std::string::npos;
}

}  // namespace

// Lines: "0::/group" of version 2, "4:memory:/group" of version 1.
int64_t control_group_limit_bytes(std::string_view own_groups, const std::string& mounted) {
  std::istringstream lines{std::string(own_groups)};
  int64_t least = INT64_MAX;
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string_view controllers =
        std::string_view(line).substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      least = std::min(least, least_limit(mounted, group, "memory.max"));
    } else if (names_memory(controllers)) {
      least = std::min(least, least_limit(mounted + "/memory", group, "memory.limit_in_bytes"));
    }
  }
  return least;
}

int64_t memory_limit_bytes() {
  int64_t limit = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
    limit = std::min(limit, static_cast<int64_t>(space.rlim_cur));
  }
  std::ifstream file("/proc/self/cgroup");
  const std::string own_groups{std::istreambuf_iterator<char>(file), {}};
  return std::min(limit, control_group_limit_bytes(own_groups, "/sys/fs/cgroup"));
}

}  // namespace perdure

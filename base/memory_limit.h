#pragma once
// How much memory this process may use before the system ends it or refuses more.

#include <cstdint>
#include <string>
#include <string_view>

namespace perdure {

// Bytes: the least of what the machine has, what its control group (version 2 or 1) and the groups
// above that may use, and its own limit of address space.
int64_t memory_limit_bytes();

// The least limit of the groups that `own_groups` (the text of /proc/self/cgroup) names, with those
// above them, below the folder where control groups are mounted; INT64_MAX: none.
int64_t control_group_limit_bytes(std::string_view own_groups, const std::string& mounted);

}  // namespace perdure

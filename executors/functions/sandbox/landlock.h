#pragma once
// The calls that make a Landlock domain: files may be used beneath listed paths only, signals and
// abstract sockets reach nothing outside the domain (where the kernel knows of that).

#include <string>
#include <vector>

#include "executors/functions/sandbox/plan.h"

namespace perdure::executors::sandbox {

// The version that this kernel has; 0: none.
int landlock_abi();

struct PathRule {
  enum class Use { read, device, everything };  // read: and execute
  std::string path;
  Use use = Use::read;
  bool may_be_missing = false;
};

// Appended to `calls`. Needs no_new_privs or root.
void add_landlock(std::vector<Call>& calls, int abi, const std::vector<PathRule>& rules);

}  // namespace perdure::executors::sandbox

#pragma once
// What of this machine's files a worker gets to see, whatever its function is: programs, libraries
// and the few settings that name look-ups, TLS and interpreters need.

#include <string>
#include <vector>

namespace perdure::executors::sandbox {

struct HostEntry {
  enum class Kind { folder, file, link };
  std::string path;  // "/usr", "/etc/hosts": where a worker sees it
  Kind kind = Kind::folder;
  std::string source;  // canonical, of a folder or file; what a link says
  bool operator==(const HostEntry&) const = default;
};

struct Machine {
  std::vector<HostEntry> entries;  // parents before what is in them
  int landlock_abi = 0;            // 0: none
};

Machine look_at_machine();

}  // namespace perdure::executors::sandbox

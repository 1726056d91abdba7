#pragma once
#include <string>
#include <vector>

#include "executors/functions/sockets.h"

namespace perdure::executors::spawn {

struct ZygoteProcess {
  int pid = 0;
  Descriptor control;  // our end, non-blocking, keeps messages apart; closed when the zygote ends
};

// Starts a program with its end of `control` as descriptor 3. It is killed with the calling process
// and speaks to the caller's log. The workers it forks become children of the caller
// (CLONE_PARENT).
Result<ZygoteProcess> start_zygote_process(const std::vector<std::string>& argv,
                                           const std::vector<std::string>& env);

}  // namespace perdure::executors::spawn

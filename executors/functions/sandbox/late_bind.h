#pragma once
// A sandbox that is there already gets folders more: the code of the function whose worker a cell
// becomes.

#include <vector>

#include "executors/functions/spawner/protocol.h"

namespace perdure::executors::sandbox {

// Mounts the folders, read-only, where the process `pid` sees `to`, which are folders there. Needs
// root, and that the caller has one thread: it is in the other's mount namespace meanwhile.
Result<> bind_late(int pid, const std::vector<spawn::SeenFolder>& folders);

}  // namespace perdure::executors::sandbox

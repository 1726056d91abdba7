#pragma once
// How a process that is there already is told what worker to become: in a file that is passed to
// it.

#include <string>
#include <string_view>
#include <vector>

#include "executors/functions/sandbox/plan.h"
#include "executors/functions/sockets.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors::spawn {

// The order as a frame, and the two parts of its sandbox, each with its length (4 bytes).
std::string order_text(const Spawn& order, const sandbox::Plan& plan);
// A file in memory with the text, to be read from its start; none if it cannot be made.
Descriptor file_with(const std::string& text);
// One message with open files; false: it does not go now.
bool send_files(int socket, std::string_view message, const std::vector<int>& files);

}  // namespace perdure::executors::spawn

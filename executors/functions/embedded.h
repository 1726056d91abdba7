#pragma once
// Programs of our own that the binary carries, as files: the runtime writes them where workers can
// start them.

#include <string_view>

namespace perdure::executors {

// Linked statically: a sandbox need not hold anything else for it (executors/functions/bridge).
std::string_view embedded_bridge();
// A shared library that needs nothing but the C library (executors/functions/forker).
std::string_view embedded_forker();

}  // namespace perdure::executors

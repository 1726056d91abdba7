#pragma once
// The bridge as a program file, which the runtime writes where workers can start it. It is linked
// statically: a sandbox need not hold anything else for it.

#include <string_view>

namespace perdure::executors {

std::string_view embedded_bridge();

}  // namespace perdure::executors

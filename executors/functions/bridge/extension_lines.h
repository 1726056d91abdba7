#pragma once
// How what an extension prints is told from what the function prints: both come in one stream.

#include <string_view>

namespace perdure::executors::bridge {

// In front of each line of an extension's. Who prints it without being one deceives only itself.
inline constexpr std::string_view extension_mark =
    "\x1e"
    "E\x1e";

}  // namespace perdure::executors::bridge

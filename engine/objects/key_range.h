#pragma once
// Which keys a list is about, in the byte order of keys.

#include <string>
#include <string_view>

namespace perdure::engine {

// The first text behind all those that begin with the prefix; empty: there is none.
std::string behind_prefix(std::string_view prefix);

// The common prefix that the key is gathered under: up to the first delimiter behind `prefix`, with
// it. Empty: the key stands for itself.
std::string_view common_prefix(std::string_view key, std::string_view prefix,
                               std::string_view delimiter);

}  // namespace perdure::engine

#pragma once
#include <cstddef>

namespace perdure {

// A place in a text; both from 1; columns count characters, not bytes.
struct TextPosition {
  size_t line = 1;
  size_t column = 1;
  bool operator==(const TextPosition&) const = default;
};

}  // namespace perdure

#pragma once
// Diagnostics of a definition as compilers write them, for people and editors.

#include <optional>
#include <string>
#include <string_view>

#include "asl/parse/parse.h"

namespace perdure::asl {

// Both from 1; columns count characters, not bytes.
struct TextPosition {
  size_t line = 1;
  size_t column = 1;
  bool operator==(const TextPosition&) const = default;
};

// Where in `definition` the diagnostic belongs; nothing if it is about the whole.
std::optional<TextPosition> position_of(const Diagnostic& diagnostic, std::string_view definition);

// "order.asl.json:12:7: error: State "C" is not reachable. at /States/C
// [MISSING_TRANSITION_TARGET]"
std::string format_diagnostic(const Diagnostic& diagnostic, std::string_view definition,
                              std::string_view file);

}  // namespace perdure::asl

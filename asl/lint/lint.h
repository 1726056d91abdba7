#pragma once
// Diagnostics of a definition as compilers write them, for people and editors.

#include <optional>
#include <string>
#include <string_view>

#include "asl/parse/parse.h"
#include "base/text_position.h"

namespace perdure::asl {

using perdure::TextPosition;

// Where in `definition` the diagnostic belongs; nothing if it is about the whole.
std::optional<TextPosition> position_of(const Diagnostic& diagnostic, std::string_view definition);

// "order.asl.json:12:7: error: State "C" is not reachable. at /States/C
// [MISSING_TRANSITION_TARGET]"
std::string format_diagnostic(const Diagnostic& diagnostic, std::string_view definition,
                              std::string_view file);

}  // namespace perdure::asl

#pragma once
// The tree of a compiled call. For asl/intrinsics.

#include <optional>
#include <string>
#include <vector>

#include "asl/intrinsics/call.h"
#include "asl/intrinsics/functions.h"
#include "asl/jsonpath/expression.h"

namespace perdure::asl::intrinsics {

struct Call::Node {
  enum class Kind : uint8_t { literal, path, call };
  Kind kind = Kind::literal;
  std::string text;  // of a call: its source; of a literal: the characters its value points into
  Value literal;
  std::optional<PathExpression> path;
  const Function* function = nullptr;
  std::vector<std::unique_ptr<const Node>> arguments;
};

// Error: kind invalid.
Result<std::unique_ptr<const Call::Node>> parse_call(std::string_view text);

}  // namespace perdure::asl::intrinsics

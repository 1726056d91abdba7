#pragma once
#include <optional>
#include <string>

#include "asl/states/common.h"

namespace perdure::asl {

struct FailState {
  std::optional<std::string> error;
  std::optional<std::string> cause;
  std::optional<PathExpression> error_path;  // a path or an intrinsic call that returns a string
  std::optional<PathExpression> cause_path;
  std::optional<Query> error_query;  // JSONata
  std::optional<Query> cause_query;
};

}  // namespace perdure::asl

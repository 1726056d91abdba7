#pragma once
// The names of the 39 comparison operators of Choice rules.

#include <span>
#include <string_view>

#include "asl/parse/object_reader.h"
#include "asl/states/choice.h"

namespace perdure::asl {

enum class OperandType : uint8_t { string, pattern, number, boolean, timestamp };

struct Operator {
  std::string_view name;  // "StringEquals", "StringEqualsPath", "IsNull", ...
  Comparison comparison;
  OperandType operand;
  bool path = false;  // the other side is a path, not a literal
};

std::span<const Operator> operators();
std::span<const std::string_view> operator_names();

}  // namespace perdure::asl

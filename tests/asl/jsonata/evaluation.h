#pragma once
// For tests: an expression's answer as text.

#include <string>
#include <string_view>

#include "asl/jsonata/expression.h"

namespace perdure::asl::jsonata {

struct Given {
  const char* input = nullptr;     // JSON
  const char* bindings = nullptr;  // JSON
  Mode mode = Mode::standard;
  Limits limits = {};
  int64_t steps = 5'000'000;
};

// The result as JSON, "undefined", or the fault as "CODE: message".
inline std::string evaluated(std::string_view text, const Given& given = {}) {
  const auto expression = Expression::compile(text, given.mode);
  if (!expression) return expression.error().code + ": " + message_of(expression.error());
  Arena arena;
  const Value input = given.input ? *parse_json(given.input, arena) : Value();
  const Value bindings = given.bindings ? *parse_json(given.bindings, arena) : Value();
  SeededRandom random(7);
  Budget budget{given.steps};
  const Surroundings surroundings{1'500'000'000'000, random};
  const auto value =
      expression->evaluate(input, bindings, surroundings, given.limits, budget, arena);
  if (!value) return value.error().code + ": " + message_of(value.error());
  return value->defined() ? to_json(*value) : "undefined";
}

}  // namespace perdure::asl::jsonata

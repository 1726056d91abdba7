#pragma once
// The 18 intrinsic functions. Each has its arguments' values and answers with a value, or with an
// error "States.IntrinsicFailure" whose cause says what is wrong with them.

#include <span>
#include <string>
#include <string_view>

#include "asl/scope.h"
#include "base/result.h"

namespace perdure::asl::intrinsics {

using Arguments = std::span<const Value>;

struct Function {
  std::string_view name;  // without "States."
  size_t fewest;          // arguments
  size_t most;
  Result<Value> (*run)(Arguments arguments, Scope& scope);
};

const Function* find_function(std::string_view name);  // null for an unknown name

// Arrays.
Result<Value> array(Arguments arguments, Scope& scope);
Result<Value> array_contains(Arguments arguments, Scope& scope);
Result<Value> array_get_item(Arguments arguments, Scope& scope);
Result<Value> array_length(Arguments arguments, Scope& scope);
Result<Value> array_partition(Arguments arguments, Scope& scope);
Result<Value> array_range(Arguments arguments, Scope& scope);
Result<Value> array_unique(Arguments arguments, Scope& scope);
// Texts.
Result<Value> base64_decode(Arguments arguments, Scope& scope);
Result<Value> base64_encode(Arguments arguments, Scope& scope);
// The template's braces and backslashes stand for themselves behind a backslash.
Result<Value> format(Arguments arguments, Scope& scope);
Result<Value> hash(Arguments arguments, Scope& scope);
Result<Value> string_split(Arguments arguments, Scope& scope);
Result<Value> uuid(Arguments arguments, Scope& scope);
// JSON.
Result<Value> json_merge(Arguments arguments, Scope& scope);
Result<Value> json_to_string(Arguments arguments, Scope& scope);
Result<Value> string_to_json(Arguments arguments, Scope& scope);
// Numbers.
Result<Value> math_add(Arguments arguments, Scope& scope);
Result<Value> math_random(Arguments arguments, Scope& scope);

// What functions ask of their arguments.
Error failure(std::string cause);  // States.IntrinsicFailure
Result<std::span<const Value>> array_at(Arguments arguments, size_t i);
Result<std::string_view> string_at(Arguments arguments, size_t i);
// A number, rounded half up as Java's Math.round does; within the range of an int.
Result<int64_t> integer_at(Arguments arguments, size_t i);
// A text of at most 10,000 characters.
Result<std::string_view> short_string_at(Arguments arguments, size_t i);

}  // namespace perdure::asl::intrinsics

#include "asl/intrinsics/functions.h"

#include <cmath>
#include <limits>

#include "asl/value/utf8.h"

namespace perdure::asl::intrinsics {
namespace {

constexpr size_t any_number = std::numeric_limits<size_t>::max();
constexpr size_t longest_text = 10'000;  // characters that AWS hashes, encodes or decodes

constexpr Function functions[] = {
    {"Array", 0, any_number, array},
    {"ArrayContains", 2, 2, array_contains},
    {"ArrayGetItem", 2, 2, array_get_item},
    {"ArrayLength", 1, 1, array_length},
    {"ArrayPartition", 2, 2, array_partition},
    {"ArrayRange", 3, 3, array_range},
    {"ArrayUnique", 1, 1, array_unique},
    {"Base64Decode", 1, 1, base64_decode},
    {"Base64Encode", 1, 1, base64_encode},
    {"Format", 1, any_number, format},
    {"Hash", 2, 2, hash},
    {"JsonMerge", 3, 3, json_merge},
    {"JsonToString", 1, 1, json_to_string},
    {"MathAdd", 2, 2, math_add},
    {"MathRandom", 2, 3, math_random},
    {"StringSplit", 2, 2, string_split},
    {"StringToJson", 1, 1, string_to_json},
    {"UUID", 0, 0, uuid},
};

std::string ordinal(size_t i) {
  constexpr const char* words[] = {"first", "second", "third"};
  return i < std::size(words) ? words[i] : std::to_string(i + 1) + "th";
}

Error wrong_type(const char* expected, size_t i, const Value& value) {
  return failure("The " + ordinal(i) + " argument must be " + expected +
                 " but was: " + to_json(value));
}

}  // namespace

const Function* find_function(std::string_view name) {
  for (const Function& function : functions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

Error failure(std::string cause) {
  return {ErrorKind::runtime, "States.IntrinsicFailure", std::move(cause)};
}

Result<std::span<const Value>> array_at(Arguments arguments, size_t i) {
  if (!arguments[i].is(Kind::array)) return wrong_type("an array", i, arguments[i]);
  return arguments[i].items();
}

Result<std::string_view> string_at(Arguments arguments, size_t i) {
  if (!arguments[i].is(Kind::string)) return wrong_type("a string", i, arguments[i]);
  return arguments[i].as_string();
}

Result<std::string_view> short_string_at(Arguments arguments, size_t i) {
  PD_TRY(text, string_at(arguments, i));
  if (utf16_length(text) > longest_text) {
    return failure("The " + ordinal(i) + " argument is longer than 10000 characters");
  }
  return text;
}

Result<int64_t> integer_at(Arguments arguments, size_t i) {
  const Value& value = arguments[i];
  if (!value.is_number()) return wrong_type("a number", i, value);
  const double rounded = value.is(Kind::integer) ? static_cast<double>(value.as_integer())
                                                 : std::floor(value.as_double() + 0.5);
  if (!(rounded >= std::numeric_limits<int32_t>::min() &&
        rounded <= std::numeric_limits<int32_t>::max())) {
    return failure("The " + ordinal(i) + " argument is out of range: " + to_json(value));
  }
  return static_cast<int64_t>(rounded);
}

}  // namespace perdure::asl::intrinsics

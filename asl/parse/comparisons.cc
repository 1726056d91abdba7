#include "asl/parse/comparisons.h"

#include <array>

namespace perdure::asl {
namespace {

using C = Comparison;
using T = OperandType;

constexpr std::array all_operators = {
    Operator{"StringEquals", C::string_equals, T::string},
    Operator{"StringEqualsPath", C::string_equals, T::string, true},
    Operator{"StringLessThan", C::string_less_than, T::string},
    Operator{"StringLessThanPath", C::string_less_than, T::string, true},
    Operator{"StringGreaterThan", C::string_greater_than, T::string},
    Operator{"StringGreaterThanPath", C::string_greater_than, T::string, true},
    Operator{"StringLessThanEquals", C::string_less_than_equals, T::string},
    Operator{"StringLessThanEqualsPath", C::string_less_than_equals, T::string, true},
    Operator{"StringGreaterThanEquals", C::string_greater_than_equals, T::string},
    Operator{"StringGreaterThanEqualsPath", C::string_greater_than_equals, T::string, true},
    Operator{"StringMatches", C::string_matches, T::pattern},
    Operator{"NumericEquals", C::numeric_equals, T::number},
    Operator{"NumericEqualsPath", C::numeric_equals, T::number, true},
    Operator{"NumericLessThan", C::numeric_less_than, T::number},
    Operator{"NumericLessThanPath", C::numeric_less_than, T::number, true},
    Operator{"NumericGreaterThan", C::numeric_greater_than, T::number},
    Operator{"NumericGreaterThanPath", C::numeric_greater_than, T::number, true},
    Operator{"NumericLessThanEquals", C::numeric_less_than_equals, T::number},
    Operator{"NumericLessThanEqualsPath", C::numeric_less_than_equals, T::number, true},
    Operator{"NumericGreaterThanEquals", C::numeric_greater_than_equals, T::number},
    Operator{"NumericGreaterThanEqualsPath", C::numeric_greater_than_equals, T::number, true},
    Operator{"BooleanEquals", C::boolean_equals, T::boolean},
    Operator{"BooleanEqualsPath", C::boolean_equals, T::boolean, true},
    Operator{"TimestampEquals", C::timestamp_equals, T::timestamp},
    Operator{"TimestampEqualsPath", C::timestamp_equals, T::timestamp, true},
    Operator{"TimestampLessThan", C::timestamp_less_than, T::timestamp},
    Operator{"TimestampLessThanPath", C::timestamp_less_than, T::timestamp, true},
    Operator{"TimestampGreaterThan", C::timestamp_greater_than, T::timestamp},
    Operator{"TimestampGreaterThanPath", C::timestamp_greater_than, T::timestamp, true},
    Operator{"TimestampLessThanEquals", C::timestamp_less_than_equals, T::timestamp},
    Operator{"TimestampLessThanEqualsPath", C::timestamp_less_than_equals, T::timestamp, true},
    Operator{"TimestampGreaterThanEquals", C::timestamp_greater_than_equals, T::timestamp},
    Operator{"TimestampGreaterThanEqualsPath", C::timestamp_greater_than_equals, T::timestamp,
             true},
    Operator{"IsNull", C::is_null, T::boolean},
    Operator{"IsPresent", C::is_present, T::boolean},
    Operator{"IsNumeric", C::is_numeric, T::boolean},
    Operator{"IsString", C::is_string, T::boolean},
    Operator{"IsBoolean", C::is_boolean, T::boolean},
    Operator{"IsTimestamp", C::is_timestamp, T::boolean},
};
static_assert(all_operators.size() == 39);

constexpr auto names = [] {
  std::array<std::string_view, all_operators.size()> out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = all_operators[i].name;
  return out;
}();

}  // namespace

std::span<const Operator> operators() { return all_operators; }
std::span<const std::string_view> operator_names() { return names; }

}  // namespace perdure::asl

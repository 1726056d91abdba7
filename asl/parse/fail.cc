#include <array>
#include <utility>

#include "asl/parse/paths.h"
#include "asl/parse/state_readers.h"
#include "asl/parse/templates.h"

namespace perdure::asl {

FailState read_fail(StateScope& scope) {
  static constexpr std::array<std::string_view, 2> error = {"Error", "ErrorPath"};
  static constexpr std::array<std::string_view, 2> cause = {"Cause", "CausePath"};
  const ObjectReader& state = scope.fields;
  state.at_most_one_of(error);
  state.at_most_one_of(cause);
  FailState fail;
  fail.error = state.text("Error");
  fail.cause = state.text("Cause");
  fail.error_path = read_path(state, "ErrorPath", path_or_call);
  fail.cause_path = read_path(state, "CausePath", path_or_call);
  fail.error_query = read_expression(state, "Error");
  fail.cause_query = read_expression(state, "Cause");
  warn_of_missing_path(state, "Error");
  warn_of_missing_path(state, "Cause");
  return fail;
}

}  // namespace perdure::asl

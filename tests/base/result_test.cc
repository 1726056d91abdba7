#include "base/result.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return invalid("Odd", "not even");
  return n / 2;
}

Result<int> quarter(int n) {
  PD_TRY(h, half(n));
  return half(h);
}

TEST(Result, try_passes_values_on_and_returns_the_first_error) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().name, "Odd");
}

TEST(Result, a_bool_is_copied_from_a_variable_as_it_is) {
  Result<bool> failed = invalid("Odd", "not even");
  Result<bool> copy(failed);
  ASSERT_FALSE(copy.has_value());
  EXPECT_EQ(copy.error().name, "Odd");
  Result<bool> no = false;
  EXPECT_FALSE(*Result<bool>(no));
  const auto captured = [no] { return no; };
  EXPECT_FALSE(*captured());
  Result<bool> assigned = true;
  assigned = failed;
  EXPECT_FALSE(assigned.has_value());
}

TEST(Result, a_result_of_another_type_never_becomes_a_bool) {
  static_assert(!std::is_constructible_v<Result<bool>, Result<int>&>);
  static_assert(!std::is_constructible_v<Result<bool>, Result<>&>);
  // Numbers are not made of whether there is one either.
  Result<std::optional<int64_t>> failed = invalid("Odd", "not even");
  Result<std::optional<int64_t>> copy(failed);
  EXPECT_FALSE(copy.has_value());
}

}  // namespace
}  // namespace perdure

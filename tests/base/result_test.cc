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

}  // namespace
}  // namespace perdure

#include <gtest/gtest.h>

#include "asl/scope.h"

namespace perdure::asl {
namespace {

TEST(Budget, EndsWithItsSteps) {
  Budget budget{3};
  EXPECT_TRUE(budget.spend(3));
  EXPECT_FALSE(budget.spend());
  EXPECT_TRUE(budget.exhausted());
}

TEST(Budget, EndsWhenItIsStopped) {
  std::atomic<bool> stop = false;
  Budget budget{1'000'000, &stop};
  EXPECT_TRUE(budget.spend(5'000));
  stop = true;
  int64_t more = 0;
  while (budget.spend()) ++more;
  EXPECT_LT(more, 2'000) << "it is looked at about every thousand steps";
  EXPECT_TRUE(budget.exhausted());
}

}  // namespace
}  // namespace perdure::asl

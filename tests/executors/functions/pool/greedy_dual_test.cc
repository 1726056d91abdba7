#include "executors/functions/pool/greedy_dual.h"

#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

TEST(GreedyDualTest, DearerAndMoreFrequentIsWorthMoreAndLargerLess) {
  GreedyDual policy;
  const double usual = policy.worth(10, 30'000, 10'000);
  EXPECT_GT(policy.worth(20, 30'000, 10'000), usual);
  EXPECT_GT(policy.worth(10, 60'000, 10'000), usual);
  EXPECT_LT(policy.worth(10, 30'000, 80'000), usual);
}

TEST(GreedyDualTest, WhatIsNotUsedAnyMoreGivesWayHoweverDearItWas) {
  GreedyDual policy;
  const double dear_but_old = policy.worth(100, 50'000, 10'000);
  double cheap = policy.worth(1, 1'000, 10'000);
  int rounds = 0;
  while (cheap <= dear_but_old && rounds < 100'000) {
    policy.gave_way(cheap);  // it is used, gives way, and comes again
    cheap = policy.worth(1, 1'000, 10'000);
    ++rounds;
  }
  EXPECT_GT(rounds, 1000) << "it stays long for what it cost";
  EXPECT_LT(rounds, 100'000);
}

TEST(GreedyDualTest, ZeroesDoNoHarm) {
  GreedyDual policy;
  EXPECT_GE(policy.worth(0, 0, 0), 0);
}

}  // namespace
}  // namespace perdure::executors

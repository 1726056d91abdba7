#include "executors/functions/pool/usage.h"

#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

TEST(UsageTest, ReportsAreSummedByFunction) {
  UsageCounters counters;
  counters.add("a", {.duration_us = 1500,
                     .billed_ms = 12,
                     .init_us = 10'000,
                     .memory_mib = 512,
                     .peak_kib = 900,
                     .tier = "zygote"});
  counters.add("a", {.duration_us = 500,
                     .billed_ms = 1,
                     .memory_mib = 1024,
                     .peak_kib = 700,
                     .status = "timeout",
                     .tier = "warm"});
  counters.add("b", {.status = "error", .tier = "warm"});
  counters.refused("b");
  const auto all = counters.all();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].function_arn, "a");
  EXPECT_EQ(all[0].invocations, 2u);
  EXPECT_EQ(all[0].errors, 1u);
  EXPECT_EQ(all[0].timeouts, 1u);
  EXPECT_EQ(all[0].billed_ms, 13);
  EXPECT_EQ(all[0].billed_mib_ms, 12 * 512 + 1024);
  EXPECT_EQ(all[0].init_us, 10'000);
  EXPECT_EQ(all[0].peak_kib, 900u);
  EXPECT_EQ(all[0].by_tier.at("zygote"), 1u);
  EXPECT_EQ(all[1].errors, 1u);
  EXPECT_EQ(all[1].timeouts, 0u);
  EXPECT_EQ(all[1].throttles, 1u);
  counters.forget("a");
  EXPECT_EQ(counters.all().size(), 1u);
}

}  // namespace
}  // namespace perdure::executors

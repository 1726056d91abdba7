#include "executors/functions/pool/kept_ready.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

using spawn::Keep;

Keep cells(const std::string& key) { return {.key = key, .kind = Keep::cells}; }

TEST(KeptReadyTest, AKindIsOrderedOnce) {
  KeptReady ready;
  EXPECT_EQ(ready.want({.key = "python"}, 0).size(), 1u);
  EXPECT_TRUE(ready.want({.key = "python"}, 1).empty());
  EXPECT_EQ(ready.all().size(), 1u);
}

TEST(KeptReadyTest, MissedCellsAreAddedUpToABoundAndTakenBackInQuiet) {
  KeptReady ready;
  ready.want(cells("node/128"), 0);
  uint32_t most = 1;
  for (int i = 0; i < 10; ++i) {
    for (const Keep& order : ready.missed("node/128", 5)) most = order.count;
  }
  EXPECT_EQ(most, KeptReady::max_cells);
  EXPECT_TRUE(ready.sweep(5 + KeptReady::quiet_ms - 1).empty());
  int64_t now = 5;
  for (uint32_t left = most - 1; left >= 1; --left) {
    now += KeptReady::quiet_ms;
    auto orders = ready.sweep(now);
    ASSERT_EQ(orders.size(), 1u);
    EXPECT_EQ(orders[0].count, left);
  }
  EXPECT_TRUE(ready.sweep(now + KeptReady::quiet_ms).empty()) << "the last one stays";
}

TEST(KeptReadyTest, AZygoteIsNeverMissed) {
  KeptReady ready;
  ready.want({.key = "python"}, 0);
  EXPECT_TRUE(ready.missed("python", 1).empty());
  EXPECT_TRUE(ready.missed("unknown", 1).empty());
}

TEST(KeptReadyTest, TheKindThatWasWantedLeastLatelyGivesWay) {
  KeptReady ready;
  for (size_t i = 0; i < KeptReady::max_kinds_of_cells; ++i) {
    ready.want(cells("node/" + std::to_string(i)), static_cast<int64_t>(i));
  }
  ready.want(cells("node/0"), 100);
  auto orders = ready.want(cells("node/new"), 101);
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_EQ(orders[0].key, "node/new");
  EXPECT_EQ(orders[1].key, "node/1");
  EXPECT_EQ(orders[1].count, 0u);
  EXPECT_EQ(ready.all().size(), KeptReady::max_kinds_of_cells);
}

}  // namespace
}  // namespace perdure::executors

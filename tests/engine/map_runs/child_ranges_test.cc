#include "engine/map_runs/child_ranges.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace perdure::engine {
namespace {

TEST(ChildRangesTest, NeighboursOfTheSameSizeTakeOnePlace) {
  ChildRanges children;
  for (const int64_t index : {5, 3, 4, 7, 6}) children.add(index, MapChild{index * 2, 2});
  EXPECT_EQ(children.ranges().size(), 1u);
  children.add(8, MapChild{16, 1});
  children.add(9, MapChild{18, 1});  // an item is between it and the one before
  EXPECT_EQ(children.ranges().size(), 3u);
  EXPECT_EQ(children.first(), 3);
}

TEST(ChildRangesTest, WhatIsTakenIsGone) {
  ChildRanges children;
  for (int64_t index = 0; index < 5; ++index) children.add(index, MapChild{index * 3, 3});
  const auto middle = children.take(2);
  ASSERT_TRUE(middle.has_value());
  EXPECT_EQ(middle->first_item, 6);
  EXPECT_EQ(middle->items, 3);
  EXPECT_FALSE(children.take(2));
  EXPECT_FALSE(children.take(5));
  EXPECT_EQ(children.ranges().size(), 2u);
  for (const int64_t index : {0, 4, 1, 3}) EXPECT_EQ(children.take(index)->first_item, index * 3);
  EXPECT_TRUE(children.empty());
  EXPECT_FALSE(children.take(0));
}

TEST(ChildRangesTest, AgreesWithAPlainMap) {
  SeededRandom random(3);
  ChildRanges children, others;
  std::map<int64_t, MapChild> plain;
  const auto child_at = [](int64_t index) { return MapChild{index, index % 16 == 0 ? 2 : 1}; };
  for (int step = 0; step < 20'000; ++step) {
    const auto index = static_cast<int64_t>(random.next() % 200);
    const auto known = plain.find(index);
    if (known == plain.end()) {
      (random.next() % 2 == 0 ? children : others).add(index, child_at(index));
      plain[index] = child_at(index);
    } else {
      auto taken = children.take(index);
      if (!taken) taken = others.take(index);
      ASSERT_TRUE(taken.has_value()) << index;
      EXPECT_EQ(taken->first_item, known->second.first_item);
      EXPECT_EQ(taken->items, known->second.items);
      plain.erase(known);
    }
    if (step % 97 == 0) children.take_all(others);
  }
  children.take_all(others);
  EXPECT_TRUE(others.empty());
  for (const auto& [index, child] : plain) {
    ASSERT_EQ(children.first(), index);
    EXPECT_EQ(children.take(index)->first_item, child.first_item);
  }
  EXPECT_TRUE(children.empty());
}

}  // namespace
}  // namespace perdure::engine

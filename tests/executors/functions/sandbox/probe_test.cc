#include "executors/functions/sandbox/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace perdure::executors::sandbox {
namespace {

TEST(ProbeTest, LevelsAreNamed) {
  for (Level level : {Level::none, Level::c, Level::b, Level::a}) {
    EXPECT_EQ(level_named(name_of(level)), level);
  }
  EXPECT_FALSE(level_named("D"));
  EXPECT_FALSE(level_named(""));
  EXPECT_TRUE(is_worker_uid(first_worker_uid));
  EXPECT_FALSE(is_worker_uid(first_worker_uid - 1));
  EXPECT_FALSE(is_worker_uid(0));
}

TEST(ProbeTest, ItSaysWhatThereIsAndWhyNotMore) {
  EXPECT_EQ(sentence_of(Level::a, {}), "Sandbox A");
  EXPECT_EQ(sentence_of(Level::c, {"A: it needs root", "B: mount /proc: Operation not permitted"}),
            "Sandbox C; not A: it needs root; not B: mount /proc: Operation not permitted");
}

TEST(ProbeTest, EveryLevelAboveTheOneFoundHasAReason) {
  Cgroups none;
  const Strength strength = probe(none);
  EXPECT_EQ(strength.reasons.size(), static_cast<size_t>(3 - static_cast<int>(strength.level)));
}

TEST(ProbeTest, MoreThanThereIsIsRefused) {
  Strength weak;
  weak.level = Level::c;
  weak.reasons = {"A: it needs root", "B: no"};
  spawn::Spawn order;
  order.sandbox.level = static_cast<uint8_t>(Level::b);
  const auto refused = box_for(order, weak);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().cause, testing::HasSubstr("level B cannot be had here"));
  order.sandbox.level = static_cast<uint8_t>(Level::c);
  ASSERT_TRUE(box_for(order, weak));
}

TEST(ProbeTest, EachWorkerHasAUserOfItsOwn) {
  Strength strong;
  strong.level = Level::a;
  strong.own_user = true;
  spawn::Spawn one, other;
  one.worker = "a";
  other.worker = "b";
  one.sandbox.level = other.sandbox.level = static_cast<uint8_t>(Level::a);
  EXPECT_TRUE(is_worker_uid(box_for(one, strong)->worker_uid));
  EXPECT_NE(box_for(one, strong)->worker_uid, box_for(other, strong)->worker_uid);
}

}  // namespace
}  // namespace perdure::executors::sandbox

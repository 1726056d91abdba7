// One execution with endless work leaves the shard to others after each burst.
#include <gtest/gtest.h>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

// Starts `hog`, lets it run for a while, then starts a short one beside it. How many pieces of work
// the runner does until the short one has ended.
int steps_beside(World& world, const std::string& hog, const std::string& input) {
  const auto quick = world.machine("quick", R"({"StartAt":"A","States":{"A":{"Type":"Pass",
      "End":true}}})");
  StartRequest request;
  request.state_machine_arn = hog;
  request.name = "hog";
  request.input = input;
  world.engine().start_execution(request, [](const Result<Started>&) {});
  for (int i = 0; i < 20; ++i) world.runner->step();
  EXPECT_EQ(world.status(hog, "hog"), "RUNNING");
  bool ended = false;
  request.state_machine_arn = quick;
  request.name = "quick";
  world.engine().start_and_wait(request, [&](const Result<Closed>& closed) {
    EXPECT_TRUE(closed);
    ended = true;
  });
  int steps = 0;
  while (!ended && steps < 1'000 && world.runner->step()) ++steps;
  EXPECT_TRUE(ended);
  EXPECT_EQ(world.status(hog, "hog"), "RUNNING");
  return steps;
}

TEST(Fairness, AnEndlessLoopDoesNotDelayOthers) {
  World world;
  world.limits.execution.max_events = 100'000'000;
  world.crash();
  const auto loop = world.machine("loop", R"({"StartAt":"L","States":{"L":{"Type":"Choice",
      "Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"L"}],"Default":"E"},
      "E":{"Type":"Succeed"}}})");
  EXPECT_LT(steps_beside(world, loop, R"({"n":1})"), 20);
}

TEST(Fairness, AHugeMapDoesNotDelayOthers) {
  World world;
  world.limits.execution.max_events = 100'000'000;
  world.crash();
  const auto map = world.machine("map", R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,
      "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}}})");
  std::string items = "[0";
  for (int i = 1; i < 10'000; ++i) items += ",0";
  EXPECT_LT(steps_beside(world, map, items + "]"), 20);
}

}  // namespace
}  // namespace perdure::engine

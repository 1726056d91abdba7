#include "engine/children.h"

#include <gtest/gtest.h>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

constexpr char child[] = R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"P"},
  "P":{"Type":"Pass","Result":{"done":0.0},"End":true}}})";
constexpr char failing[] = R"({"StartAt":"F","States":{
  "F":{"Type":"Fail","Error":"Bad","Cause":"so it is"}}})";

std::string parent(const std::string& pattern, const std::string& parameters) {
  return R"({"StartAt":"S","States":{"S":{"Type":"Task","End":true,)"
         R"("Resource":"arn:aws:states:::states:startExecution)" +
         pattern + R"(","Parameters":)" + parameters + "}}}";
}

struct Family {
  explicit Family(const std::string& pattern, const char* definition = child)
      : child_arn(world.machine("child", definition)),
        parent_arn(
            world.machine("parent", parent(pattern, R"({"StateMachineArn":")" + child_arn +
                                                        R"(","Name":"kid","Input":{"a":[1]}})"))) {}
  World world;
  std::string child_arn, parent_arn;
};

TEST(Children, StartExecutionGoesOnAtOnce) {
  Family family("");
  family.world.start(family.parent_arn, "one");
  const auto view = family.world.describe(family.parent_arn, "one");
  ASSERT_TRUE(view);
  EXPECT_EQ(view->record.status, "SUCCEEDED");
  const auto output = parse_json(view->output.text());
  ASSERT_TRUE(output);
  EXPECT_EQ(output->at("ExecutionArn").get<std::string>(), execution_arn({}, "child", "kid"));
  EXPECT_EQ(family.world.status(family.child_arn, "kid"), "RUNNING");
}

TEST(Children, SyncWaitsForTheEndAndShowsTextOrValues) {
  for (const bool values : {false, true}) {
    Family family(values ? ".sync:2" : ".sync");
    family.world.start(family.parent_arn, "one");
    EXPECT_EQ(family.world.status(family.parent_arn, "one"), "RUNNING");
    family.world.pass(5'000);
    const auto view = family.world.describe(family.parent_arn, "one");
    ASSERT_TRUE(view);
    EXPECT_EQ(view->record.status, "SUCCEEDED");
    const std::string_view output = view->output.text();
    const auto expected = values ? R"("Output":{"done":0.0},)" : R"("Output":"{\"done\":0.0}",)";
    EXPECT_NE(output.find(expected), output.npos) << output;
  }
}

TEST(Children, AFailedChildFailsTheTask) {
  Family family(".sync", failing);
  family.world.start(family.parent_arn, "one");
  const auto view = family.world.describe(family.parent_arn, "one");
  ASSERT_TRUE(view);
  EXPECT_EQ(view->record.status, "FAILED");
  EXPECT_EQ(view->error, "States.TaskFailed");
  EXPECT_NE(view->cause->find(R"("Status":"FAILED")"), std::string::npos) << *view->cause;
  EXPECT_TRUE(family.world.store->inbox()->empty());
}

TEST(Children, AnUnknownMachineFailsTheTaskInAwsWords) {
  World world;
  const auto machine = world.machine(
      "m",
      parent("", R"({"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:x"})"));
  world.start(machine, "one");
  const auto view = world.describe(machine, "one");
  ASSERT_TRUE(view && view->error);
  EXPECT_EQ(*view->error, "StepFunctions.StateMachineDoesNotExistException");
}

TEST(Children, StoppingTheParentStopsTheChild) {
  Family family(".sync");
  const auto started = family.world.start(family.parent_arn, "one");
  family.world.engine().stop_execution((*started)->execution_arn, {}, {}, [](auto) {});
  family.world.settle();
  EXPECT_EQ(family.world.status(family.parent_arn, "one"), "ABORTED");
  EXPECT_EQ(family.world.status(family.child_arn, "kid"), "ABORTED");
}

// At whichever commit the process ends, the child runs once and the parent learns of its end.
TEST(Children, SurviveACrashAtEveryCommit) {
  for (const bool before : {true, false}) {
    for (int64_t crash_at = 1;; ++crash_at) {
      Family family(".sync:2");
      World& world = family.world;
      world.faulty->crash_at = world.faulty->commits + crash_at;
      world.faulty->before = before;
      auto started = world.start(family.parent_arn, "one");
      world.pass(10'000);
      const bool crashed = world.faulty->crashed;
      if (crashed) {
        world.crash();
        if (!started || !*started) started = world.start(family.parent_arn, "one");
        world.pass(20'000);
      }
      EXPECT_EQ(world.status(family.parent_arn, "one"), "SUCCEEDED") << before << crash_at;
      EXPECT_EQ(world.status(family.child_arn, "kid"), "SUCCEEDED") << before << crash_at;
      EXPECT_TRUE(world.store->inbox()->empty());
      if (!crashed) break;
      ASSERT_LT(crash_at, 50);
    }
  }
}

}  // namespace
}  // namespace perdure::engine

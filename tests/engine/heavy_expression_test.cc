// Expressions that take more steps than a shard has patience for.
#include <gtest/gtest.h>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

using asl::EntryType;

constexpr const char* all_x = R"({"StartAt":"P","States":{
  "P":{"Type":"Pass","Parameters":{"all.$":"$..x"},"End":true}}})";
constexpr const char* wait_then_all_x = R"({"StartAt":"W","States":{
  "W":{"Type":"Wait","Seconds":10,"Next":"P"},
  "P":{"Type":"Pass","Parameters":{"all.$":"$..x"},"End":true}}})";
constexpr const char* task_then_all_x = R"({"StartAt":"T","States":{
  "T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Next":"P"},
  "P":{"Type":"Pass","Parameters":{"all.$":"$..x"},"End":true}}})";
constexpr const char* task_beside_all_x = R"({"StartAt":"B","States":{"B":{"Type":"Parallel",
  "End":true,"Branches":[
    {"StartAt":"T","States":{"T":{"Type":"Task","End":true,
      "Resource":"arn:aws:lambda:us-east-1:000000000000:function:f"}}},
    {"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"all.$":"$..x"},"End":true}}}]}}})";
constexpr const char* pass = R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})";

std::string xs(int count) {
  std::string json = "[";
  for (int i = 0; i < count; ++i)
    json += (i > 0 ? ",{\"x\":" : "{\"x\":") + std::to_string(i) + "}";
  return json + "]";
}

class HeavyExpressionTest : public ::testing::Test {
 protected:
  explicit HeavyExpressionTest(ScriptedExecutor::Script script = {}) : world_(std::move(script)) {
    world_.limits.execution.burst_steps = 100;
    world_.crash();
    world_.hold_compute = true;
  }
  void release() {
    world_.hold_compute = false;
    world_.settle();
  }
  std::vector<EntryType> types(const std::string& machine, const std::string& name) {
    std::vector<EntryType> types;
    const std::string arn = execution_arn({}, machine.substr(machine.rfind(':') + 1), name);
    const auto page = world_.engine().history(arn, 0, false, 1'000);
    for (const asl::Entry& entry : page->events) types.push_back(entry.type);
    return types;
  }

  World world_;
  const std::string input_ = xs(500);
};

TEST_F(HeavyExpressionTest, OthersOfTheShardGoOn) {
  const std::string heavy = world_.machine("heavy", all_x);
  const std::string light = world_.machine("light", pass);
  EXPECT_FALSE(world_.start(heavy, "h", input_)) << "nothing is durable yet";
  for (int i = 0; i < 20; ++i) world_.start(light, "l" + std::to_string(i));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(world_.status(light, "l" + std::to_string(i)), "SUCCEEDED");
  }
  EXPECT_EQ(world_.status(heavy, "h"), "ExecutionDoesNotExist");
  release();
  EXPECT_EQ(world_.status(heavy, "h"), "SUCCEEDED");
  EXPECT_EQ(types(heavy, "h"),
            (std::vector{EntryType::ExecutionStarted, EntryType::PassStateEntered,
                         EntryType::PassStateExited, EntryType::ExecutionSucceeded}));
  const std::string output(world_.describe(heavy, "h")->output.text());
  EXPECT_EQ(output.substr(0, 15), R"({"all":[0,1,2,3)");
  EXPECT_EQ(output.substr(output.size() - 6), ",499]}");
}

TEST_F(HeavyExpressionTest, WhatStaysWithinTheBoundIsNeverPutApart) {
  const std::string machine = world_.machine("m", all_x);
  world_.start(machine, "e", xs(10));
  EXPECT_EQ(world_.status(machine, "e"), "SUCCEEDED");
}

TEST_F(HeavyExpressionTest, MailThatComesMeanwhileWaits) {
  const std::string machine = world_.machine("m", wait_then_all_x);
  world_.start(machine, "e", input_);
  world_.pass(10'000);
  EXPECT_EQ(world_.status(machine, "e"), "RUNNING");
  std::optional<Result<int64_t>> stopped;
  world_.engine().stop_execution(execution_arn({}, "m", "e"), "E", std::nullopt,
                                 [&](auto result) { stopped = std::move(result); });
  world_.settle();
  EXPECT_FALSE(stopped);
  release();
  EXPECT_TRUE(stopped && *stopped);
  EXPECT_EQ(world_.status(machine, "e"), "SUCCEEDED") << "the moment came before the stop";
}

TEST_F(HeavyExpressionTest, MailOfTheSameTurnIsDealtWithFirst) {
  const std::string machine = world_.machine("m", wait_then_all_x);
  std::optional<Result<Started>> started;
  StartRequest request;
  request.state_machine_arn = machine;
  request.name = "e";
  request.input = input_;
  world_.engine().start_execution(request, [&](auto result) { started = std::move(result); });
  world_.clock.now += 20'000;
  world_.settle();
  EXPECT_TRUE(started && *started);
  world_.pass(20'000);
  EXPECT_EQ(world_.status(machine, "e"), "RUNNING");
  release();
  EXPECT_EQ(world_.status(machine, "e"), "SUCCEEDED");
}

TEST_F(HeavyExpressionTest, ACrashMeanwhileLosesNothing) {
  const std::string machine = world_.machine("m", wait_then_all_x);
  world_.start(machine, "e", input_);
  world_.pass(10'000);
  world_.crash();
  world_.hold_compute = false;
  world_.pass(1'000);
  EXPECT_EQ(world_.status(machine, "e"), "SUCCEEDED");
}

class HeavyTaskTest : public HeavyExpressionTest {
 protected:
  HeavyTaskTest()
      : HeavyExpressionTest([](const TaskRequest&) -> std::optional<TaskAnswer> {
          return answer::Succeeded{asl::Payload(xs(500))};
        }) {}
};

TEST_F(HeavyTaskTest, AnExpressExecutionIsRestoredFromWhatItHasDone) {
  const std::string machine = world_.machine("m", task_then_all_x, asl::MachineType::express);
  std::optional<Result<Closed>> closed;
  StartRequest request;
  request.state_machine_arn = machine;
  world_.engine().start_sync_execution(request, [&](auto result) { closed = std::move(result); });
  world_.settle();
  EXPECT_FALSE(closed);
  release();
  ASSERT_TRUE(closed && *closed);
  EXPECT_EQ((*closed)->status, asl::ExecutionStatus::succeeded);
  EXPECT_EQ(world_.executor->ran.size(), 1u);
}

TEST_F(HeavyTaskTest, WorkersReservedInVainAreGivenBack) {
  const std::string machine = world_.machine("m", task_beside_all_x);
  world_.start(machine, "e", input_);
  EXPECT_FALSE(world_.executor->cancelled.empty());
  EXPECT_TRUE(world_.executor->ran.empty());
  release();
  EXPECT_EQ(world_.status(machine, "e"), "SUCCEEDED");
  EXPECT_EQ(world_.executor->ran.size(), 1u) << "the task runs once";
}

TEST_F(HeavyTaskTest, TheWholeBudgetStillEnds) {
  world_.limits.execution.expression_steps = 300;
  world_.crash();
  const std::string machine = world_.machine("m", task_then_all_x);
  world_.start(machine, "e");
  release();
  EXPECT_EQ(world_.status(machine, "e"), "FAILED");
  EXPECT_EQ(world_.describe(machine, "e")->error, "States.Runtime");
}

}  // namespace
}  // namespace perdure::engine

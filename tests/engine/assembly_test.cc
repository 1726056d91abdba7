#include "engine/assembly.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

constexpr char pass_wait[] = R"({"StartAt":"A","States":{
  "A":{"Type":"Pass","Result":{"x":1},"Next":"W"},
  "W":{"Type":"Wait","Seconds":60,"Next":"B"},
  "B":{"Type":"Pass","End":true}}})";

TEST(Assembly, RunsAPassMachineInOneCommit) {
  World world;
  const auto machine = world.machine("m", R"({"StartAt":"A","States":{
    "A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}})");
  const int64_t commits = world.faulty->commits;
  const auto started = world.start(machine, "one", R"({"a": 1})");
  ASSERT_TRUE(started && *started);
  EXPECT_EQ(world.faulty->commits, commits + 1);
  const auto view = world.describe(machine, "one");
  ASSERT_TRUE(view);
  EXPECT_EQ(view->record.status, "SUCCEEDED");
  EXPECT_EQ(view->input.text(), R"({"a": 1})");
  EXPECT_EQ(view->output.text(), R"({"a":1})");
}

TEST(Assembly, AWaitSurvivesACrashAndIsNeverEarly) {
  World world;
  const auto machine = world.machine("m", pass_wait);
  world.start(machine, "one");
  world.pass(30'000);
  world.crash();
  world.pass(29'999);
  EXPECT_EQ(world.status(machine, "one"), "RUNNING");
  world.pass(1);
  EXPECT_EQ(world.status(machine, "one"), "SUCCEEDED");
}

TEST(Assembly, TheSameStartAgainIsTheSameExecution) {
  World world;
  const auto machine = world.machine("m", pass_wait);
  const auto first = world.start(machine, "one", "{}");
  world.clock.now += 5;
  const auto second = world.start(machine, "one", "{}");
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ((*first)->start_ms, (*second)->start_ms);
  const auto other = world.start(machine, "one", "[]");
  ASSERT_TRUE(other && !*other);
  EXPECT_EQ(other->error().name, "ExecutionAlreadyExists");
  world.pass(60'000);
  const auto closed = world.start(machine, "one", "{}");
  ASSERT_TRUE(closed && !*closed);
  EXPECT_EQ(closed->error().name, "ExecutionAlreadyExists");
}

TEST(Assembly, NothingIsAcknowledgedWhileTheDiskIsFull) {
  World world;
  const auto machine = world.machine("m", pass_wait);
  world.faulty->disk_full = true;
  EXPECT_FALSE(world.start(machine, "one"));
  const auto refused = world.start(machine, "two");
  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().kind, ErrorKind::unavailable);
  world.faulty->disk_full = false;
  world.pass(1'000);
  EXPECT_EQ(world.status(machine, "one"), "RUNNING");
  const auto again = world.start(machine, "two");
  EXPECT_TRUE(again && *again);
}

TEST(Assembly, AStateMachineIsRefusedWhileTheDiskIsFull) {
  World world;
  const auto machine = world.machine("m", pass_wait);
  world.faulty->disk_full = true;
  world.start(machine, "one");
  std::optional<Result<StateMachineRecord>> created;
  StateMachineRecord record;
  record.name = "n";
  record.arn = state_machine_arn({}, "n");
  record.definition = pass_wait;
  world.engine().state_machines().create(record, [&](auto result) { created = std::move(result); });
  world.settle();
  ASSERT_TRUE(created && !*created);
  EXPECT_EQ(created->error().kind, ErrorKind::unavailable);
}

// Not cut off without a word, and not before the time that they are given is nearly over.
TEST(Assembly, WhoeverWaitsForAnEndIsToldThatTheServerStops) {
  World world;
  const auto machine = world.machine("m", pass_wait);
  const auto started = world.start(machine, "one");
  std::optional<Result<Closed>> closed;
  world.engine().wait_closed((*started)->execution_arn, [&](auto result) { closed = result; });
  bool drained = false;
  world.assembly->drain(world.clock.now + 10'000, [&] { drained = true; });
  world.pass(9'000);
  EXPECT_TRUE(drained);
  EXPECT_FALSE(closed);
  world.pass(999);
  ASSERT_TRUE(closed && !*closed);
  EXPECT_EQ(closed->error().kind, ErrorKind::unavailable);
  world.crash();
  world.pass(60'000);
  EXPECT_EQ(world.status(machine, "one"), "SUCCEEDED");
}

TEST(Assembly, MoreStartsThanTheLimitAreRefusedUntilSomeAreDurable) {
  World world;
  world.limits.max_starting = 2;
  world.crash();
  const auto machine = world.machine("m", pass_wait);
  std::vector<std::string> outcomes;
  for (int i = 0; i < 3; ++i) {
    StartRequest request;
    request.state_machine_arn = machine;
    world.engine().start_execution(request, [&](Result<Started> started) {
      outcomes.push_back(started ? "started" : started.error().name);
    });
  }
  EXPECT_EQ(outcomes, std::vector<std::string>{"ThrottlingException"});
  world.settle();
  EXPECT_EQ(outcomes.size(), 3u);
  const auto again = world.start(machine, "later");
  EXPECT_TRUE(again && *again);
}

TEST(Assembly, LargePayloadsCountAsMemory) {
  World world;
  const auto machine = world.machine("m", R"({"StartAt":"W","States":{
    "W":{"Type":"Wait","Seconds":2,"End":true}}})");
  constexpr int64_t size = 100'000;  // in a blob, not in the row
  ASSERT_TRUE(*world.start(machine, "one", "\"" + std::string(size, 'x') + "\""));
  EXPECT_GE(world.assembly->load().live_bytes, size);
  world.crash();
  EXPECT_EQ(world.assembly->load().live_bytes, 0);
  world.pass(2'000);
  EXPECT_EQ(world.status(machine, "one"), "SUCCEEDED");
  EXPECT_EQ(world.assembly->load().live_bytes, 0);
}

TEST(Assembly, WhereMemoryIsShortTimersTakeTurns) {
  World world;
  const auto machine = world.machine("m", pass_wait);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(*world.start(machine, std::to_string(i)));
  world.limits.max_live_bytes = 1;
  world.crash();
  world.pass(60'000);
  world.pass(1'000);
  std::set<int64_t> ends;
  for (int i = 0; i < 10; ++i) {
    const auto view = world.describe(machine, std::to_string(i));
    EXPECT_EQ(view->record.status, "SUCCEEDED");
    ends.insert(view->record.stop_ms);
  }
  EXPECT_GE(ends.size(), 5u);  // each of the two hosts brings in one at a time
}

}  // namespace
}  // namespace perdure::engine

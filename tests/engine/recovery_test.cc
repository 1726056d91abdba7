// The process may end at any commit: whatever was acknowledged goes on, and ends as it would have.
#include <gtest/gtest.h>

#include "asl/value/value.h"
#include "engine/journal/codec.h"
#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

constexpr char order[] = R"({"StartAt":"Check","States":{
  "Check":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:check",
    "Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":20}],
    "ResultPath":"$.check","Next":"Both"},
  "Both":{"Type":"Parallel","ResultPath":"$.both","Next":"Each","Branches":[
    {"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}},
    {"StartAt":"T","States":{"T":{"Type":"Task",
      "Resource":"arn:aws:lambda:us-east-1:000000000000:function:pay",
      "Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":20}],"End":true}}}]},
  "Each":{"Type":"Map","ItemsPath":"$.items","ResultPath":"$.each","End":true,"MaxConcurrency":2,
    "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task",
      "Resource":"arn:aws:lambda:us-east-1:000000000000:function:item",
      "Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":20}],"End":true}}}}}})";
constexpr char order_input[] = R"({"items":[1,2,3,4,5]})";

std::optional<TaskAnswer> echo(const TaskRequest& request) {
  return answer::Succeeded{asl::Payload(R"({"by":")" + request.state_name + "\"}")};
}

std::string output_of(World& world, const std::string& machine, const std::string& name) {
  const auto view = world.describe(machine, name);
  return view ? view->record.status + " " + std::string(view->output.text()) : view.error().name;
}

// Event ids are dense, the last event ends the execution and is the only one that does.
void expect_sound_history(World& world, const std::string& arn) {
  const auto page = world.engine().history(arn, 0, false, 100'000);
  ASSERT_TRUE(page);
  int64_t id = 0;
  int64_t last_ms = 0;
  for (const asl::Entry& event : page->events) {
    EXPECT_EQ(event.id, ++id);
    EXPECT_LT(event.previous, event.id);
    EXPECT_GE(event.timestamp_ms, last_ms);
    last_ms = event.timestamp_ms;
    const bool ends = event.type == asl::EntryType::ExecutionSucceeded ||
                      event.type == asl::EntryType::ExecutionFailed;
    EXPECT_EQ(ends, &event == &page->events.back());
  }
}

// What is folded from the journal is what was in memory: the same text of the whole state.
void expect_replay_decodes(World& world, const std::string& machine, const std::string& name) {
  const auto arn = execution_arn({}, machine.substr(machine.rfind(':') + 1), name);
  const auto rows = world.store->load_journal(actor_key(arn), 1, INT64_MAX);
  ASSERT_TRUE(rows);
  journal::Decoder decoder(*world.blobs);
  std::unique_ptr<asl::Execution> execution;
  for (const JournalRow& row : *rows) {
    const auto entries = decoder.decode(row.data);
    ASSERT_TRUE(entries);
    EXPECT_LE(journal::encode(*entries).data.size(), row.data.size());
    for (const asl::Entry& entry : *entries) {
      if (!execution) {
        execution = std::make_unique<asl::Execution>(
            world.engine().state_machines().parsed(entry.text(asl::Field::definition)));
      }
      execution->apply(entry);
    }
  }
  ASSERT_TRUE(execution);
  EXPECT_TRUE(execution->closed());
}

class KillAnywhere : public testing::TestWithParam<bool> {};

TEST_P(KillAnywhere, EndsAsIfNothingHadHappened) {
  std::string expected;
  for (int64_t crash_at = 0;; ++crash_at) {
    World world(echo);
    world.executor->warm = crash_at % 2 == 0;
    const auto machine = world.machine("order", order);
    world.faulty->crash_at = crash_at == 0 ? -1 : world.faulty->commits + crash_at;
    world.faulty->before = GetParam();
    auto started = world.start(machine, "one", order_input);
    world.pass(60'000);
    const bool crashed = world.faulty->crashed;
    if (crashed) {
      world.crash();
      // A start that was not acknowledged is tried again under its name.
      if (!started || !*started) started = world.start(machine, "one", order_input);
      ASSERT_TRUE(started && *started) << crash_at;
      world.pass(600'000);
    }
    const std::string output = output_of(world, machine, "one");
    if (crash_at == 0) expected = output;
    EXPECT_EQ(output, expected) << "crash at commit " << crash_at;
    expect_sound_history(world, (*started)->execution_arn);
    expect_replay_decodes(world, machine, "one");
    EXPECT_TRUE(world.store->inbox()->empty());
    EXPECT_TRUE(world.store->open_actors(0, 100)->empty());
    EXPECT_FALSE(*world.store->earliest_due());
    EXPECT_TRUE(world.engine().quarantined().empty());
    if (crash_at > 0 && !crashed) break;
    ASSERT_LT(crash_at, 200);
  }
  EXPECT_TRUE(expected.starts_with("SUCCEEDED ")) << expected;
}
INSTANTIATE_TEST_SUITE_P(BeforeOrAfterTheCommit, KillAnywhere, testing::Bool());

TEST(Recovery, NoWorkerGetsARequestBeforeItsStartedEntryIsDurable) {
  World world(echo);
  const auto machine = world.machine("order", order);
  world.faulty->disk_full = true;
  world.start(machine, "one", order_input);
  EXPECT_TRUE(world.executor->dispatched.empty());
  world.faulty->disk_full = false;
  world.pass(1'000);
  EXPECT_FALSE(world.executor->ran.empty());
}

TEST(Recovery, AStartedAttemptIsRecoveredAScheduledOneDispatchedAgain) {
  const auto silent = [](const TaskRequest&) -> std::optional<TaskAnswer> { return {}; };
  World world(silent);
  const auto machine = world.machine("order", order);
  world.start(machine, "one", order_input);
  EXPECT_EQ(world.executor->ran.size(), 1u);
  world.crash();
  world.settle();
  EXPECT_EQ(world.executor->recovered.size(), 1u);
  EXPECT_TRUE(world.executor->dispatched.empty());
}

TEST(Recovery, AJobThatHasBeenSubmittedIsFollowedOn) {
  std::optional<AttemptId> attempt;
  const auto submits = [&](const TaskRequest& request) -> std::optional<TaskAnswer> {
    attempt = request.attempt;
    return answer::Succeeded{asl::Payload(R"({"JobRunId":"7"})")};
  };
  World world(submits);
  const auto machine = world.machine("m", R"({"StartAt":"T","States":{"T":{"Type":"Task",
      "Resource":"arn:aws:states:::glue:startJobRun.sync","Parameters":{"JobName":"j"},
      "End":true}}})");
  world.start(machine, "one");
  world.pass(60'000);
  world.crash();
  ASSERT_EQ(world.store->open_actors(0, 100)->size(), 1u);
  // This executor's way to follow is to fail; what matters is what it was asked.
  world.settle();
  ASSERT_EQ(world.executor->recovered.size(), 1u);
  EXPECT_EQ(world.executor->recovered[0].submitted.text(), R"({"JobRunId":"7"})");
  EXPECT_TRUE(world.executor->dispatched.empty());
  EXPECT_TRUE(world.store->open_actors(0, 100)->empty());
}

TEST(Recovery, AJobBehindSyncEndsByItsCompletion) {
  std::optional<AttemptId> attempt;
  const auto submits = [&](const TaskRequest& request) -> std::optional<TaskAnswer> {
    attempt = request.attempt;
    return answer::Succeeded{asl::Payload("1")};
  };
  World world(submits);
  const auto machine = world.machine("m", R"({"StartAt":"T","States":{"T":{"Type":"Task",
      "Resource":"arn:aws:states:::glue:startJobRun.sync","Parameters":{"JobName":"j"},
      "End":true}}})");
  world.start(machine, "one");
  EXPECT_EQ(world.status(machine, "one"), "RUNNING");
  world.assembly->answers().answer(*attempt, answer::Completed{asl::Payload("2")});
  world.settle();
  EXPECT_EQ(output_of(world, machine, "one"), "SUCCEEDED 2");
}

TEST(Recovery, IdleActorsLeaveMemoryAndTheirAnswersFindThem) {
  std::optional<AttemptId> attempt;
  const auto slow = [&](const TaskRequest& request) -> std::optional<TaskAnswer> {
    attempt = request.attempt;
    return {};
  };
  World world(slow);
  const auto machine = world.machine("m", R"({"StartAt":"T","States":{"T":{"Type":"Task","End":true,
      "Resource":"arn:aws:lambda:us-east-1:000000000000:function:slow"}}})");
  world.start(machine, "one");
  world.pass(60'000);
  ASSERT_TRUE(attempt);
  world.assembly->answers().answer(*attempt, answer::Succeeded{asl::Payload("7")});
  world.settle();
  EXPECT_EQ(output_of(world, machine, "one"), "SUCCEEDED 7");
  // A repeated answer names an attempt that is no longer current.
  world.assembly->answers().answer(*attempt, answer::Succeeded{asl::Payload("8")});
  world.settle();
  EXPECT_EQ(output_of(world, machine, "one"), "SUCCEEDED 7");
}

TEST(Recovery, AnUnknownResourceFailsTheTaskInAWayThatCatchSees) {
  World world(echo);
  const auto machine = world.machine("m", R"({"StartAt":"T","States":{"T":{"Type":"Task",
      "Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{},
      "Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"C"}],"End":true},
      "C":{"Type":"Pass","End":true}}})");
  world.start(machine, "one");
  EXPECT_TRUE(output_of(world, machine, "one").starts_with("SUCCEEDED {\"Error\":\"Perdure."));
}

TEST(Recovery, ExpressExecutionsRunAgainFromTheirStart) {
  World world(echo);
  const auto machine =
      world.machine("m", R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":30,"Next":"T"},
      "T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f",
      "End":true}}})",
                    asl::MachineType::express);
  const auto started = world.start(machine, "one");
  ASSERT_TRUE(started && *started);
  EXPECT_EQ(world.store->open_actors(0, 100)->size(), 1u);
  world.pass(20'000);
  world.crash();
  world.pass(25'000);
  EXPECT_TRUE(world.executor->ran.empty());
  world.pass(5'000);
  EXPECT_EQ(world.executor->ran.size(), 1u);
  EXPECT_TRUE(world.store->open_actors(0, 100)->empty());
}

TEST(Recovery, ASynchronousExpressExecutionLeavesNothing) {
  World world(echo);
  const auto machine = world.machine("m", R"({"StartAt":"T","States":{"T":{"Type":"Task","End":true,
      "Resource":"arn:aws:lambda:us-east-1:000000000000:function:f"}}})",
                                     asl::MachineType::express);
  const int64_t commits = world.faulty->commits;
  std::optional<Result<Closed>> closed;
  StartRequest request;
  request.state_machine_arn = machine;
  world.engine().start_sync_execution(request, [&](auto result) { closed = std::move(result); });
  world.settle();
  ASSERT_TRUE(closed && *closed);
  EXPECT_EQ((*closed)->output.text(), R"({"by":"T"})");
  EXPECT_EQ(world.faulty->commits, commits);
}

TEST(Recovery, WhatDoesNotReplayToWhatIsLiveEndsTheEngineIfAsked) {
  World world([](const TaskRequest&) { return answer::Failed{"E", "why"}; });
  const auto machine = world.machine("m", R"({"StartAt":"T","States":{"T":{"Type":"Task",
      "Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","End":true,
      "Retry":[{"ErrorEquals":["E"],"IntervalSeconds":1,"MaxAttempts":1}]}}})");
  world.limits.check_replay = true;
  world.crash();
  world.start(machine, "right");
  world.pass(2'000);
  EXPECT_EQ(world.status(machine, "right"), "FAILED");
  world.mutant = Mutant::retry_forgotten;
  world.crash();
  EXPECT_DEATH(world.start(machine, "wrong"), "same");
}

TEST(Recovery, StopEndsAnExecutionForGood) {
  World world(echo);
  const auto machine = world.machine("m", R"({"StartAt":"W","States":{
      "W":{"Type":"Wait","Seconds":30,"End":true}}})");
  const auto started = world.start(machine, "one");
  std::optional<Result<int64_t>> stopped;
  std::optional<Result<Closed>> closed;
  world.engine().wait_closed((*started)->execution_arn, [&](auto r) { closed = std::move(r); });
  world.engine().stop_execution((*started)->execution_arn, "E", "why",
                                [&](auto r) { stopped = std::move(r); });
  world.settle();
  ASSERT_TRUE(stopped && *stopped && closed && *closed);
  EXPECT_EQ((*closed)->status, asl::ExecutionStatus::aborted);
  EXPECT_EQ((*closed)->error, "E");
  world.pass(60'000);
  EXPECT_EQ(world.status(machine, "one"), "ABORTED");
}

}  // namespace
}  // namespace perdure::engine

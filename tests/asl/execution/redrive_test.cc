// A redrive runs again what failed or was aborted, and nothing else.

#include "tests/asl/execution/world.h"

namespace perdure::asl::testing {
namespace {

constexpr std::string_view task = R"("Type": "Task",
    "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f")";

std::string machine(const std::string& states, const std::string& more = "") {
  return R"({"StartAt": "A", )" + more + R"("States": {)" + states + "}}";
}

std::string one_task(const std::string& more = "") {
  return machine(R"("A": {"Type": "Pass", "Next": "T"},
      "T": {)" + std::string(task) +
                 more + R"(, "Next": "S"}, "S": {"Type": "Succeed"})");
}

// What the live execution has become is what its entries make of it.
void expect_replayed(World& world, std::string_view definition) {
  Execution replayed(World::parsed(definition));
  for (const Entry& entry : world.entries) replayed.apply(entry);
  EXPECT_EQ(replayed.describe(), world.execution.describe());
}

TEST(Redrive, goes_on_from_the_failed_task_with_its_input) {
  const std::string definition = one_task();
  World world(definition);
  world.start(R"({"n":1})").fail(5, "Bad");
  EXPECT_EQ(world.status(), "FAILED");
  world.now_ms += 60'000;
  world.run(input::Redrive{"token"});
  EXPECT_EQ(world.status(), "RUNNING");
  EXPECT_FALSE(world.execution.error());
  EXPECT_EQ(world.history(7),
            "7<-6 LambdaFunctionFailed; 8<-7 ExecutionFailed; 9<-8 ExecutionRedriven; "
            "10<-7 LambdaFunctionScheduled; 11<-10 LambdaFunctionStarted");
  EXPECT_EQ(world.event(10).text(Field::input), R"({"n":1})");
  EXPECT_EQ(world.event(9).number(Field::redrive_count), 1);
  world.succeed(10, "2");
  EXPECT_EQ(world.status(), "SUCCEEDED");
  EXPECT_EQ(world.output(), "2");
  expect_replayed(world, definition);
}

TEST(Redrive, succeeded_and_running_executions_stay_as_they_are) {
  World world(one_task());
  world.start();
  EXPECT_TRUE(world.give(input::Redrive{}).entries.empty());
  world.succeed(5, "1");
  EXPECT_TRUE(world.give(input::Redrive{}).entries.empty());
  EXPECT_EQ(world.status(), "SUCCEEDED");
}

TEST(Redrive, answers_to_attempts_of_before_change_nothing) {
  World world(one_task());
  world.start().run(input::Stop{}).run(input::Redrive{});
  EXPECT_EQ(world.status(), "RUNNING");
  EXPECT_TRUE(world.give(input::AttemptAnswered{5, Payload("1"), ""}).entries.empty());
  EXPECT_TRUE(world.give(input::AttemptFailed{5, "Late", ""}).entries.empty());
}

TEST(Redrive, retries_begin_anew) {
  const std::string definition =
      one_task(R"(, "Retry": [{"ErrorEquals": ["Bad"], "IntervalSeconds": 1, "MaxAttempts": 1}])");
  World world(definition);
  world.start().fail(5, "Bad").wait().fail(8, "Bad");
  ASSERT_EQ(world.status(), "FAILED");
  world.run(input::Redrive{});
  const EventId again = world.execution.last_event() - 1;
  EXPECT_EQ(world.execution.frame(0)->retry_count, 0);
  world.fail(again, "Bad");
  EXPECT_EQ(world.status(), "RUNNING") << "it has its retry again";
  world.wait();
  world.fail(world.execution.last_event() - 1, "Bad");
  EXPECT_EQ(world.status(), "FAILED");
  expect_replayed(world, definition);
}

TEST(Redrive, an_abort_in_the_pause_before_a_retry_is_tried_at_once) {
  World world(one_task(R"(, "Retry": [{"ErrorEquals": ["Bad"], "IntervalSeconds": 100}])"));
  world.start().fail(5, "Bad").run(input::Stop{}).run(input::Redrive{});
  EXPECT_EQ(world.history(8),
            "8<-7 ExecutionAborted; 9<-8 ExecutionRedriven; 10<-7 LambdaFunctionScheduled; "
            "11<-10 LambdaFunctionStarted");
}

TEST(Redrive, timeouts_of_machine_and_task_begin_anew) {
  const std::string definition =
      machine(R"("A": {)" + std::string(task) + R"(, "TimeoutSeconds": 50, "End": true})",
              R"("TimeoutSeconds": 30, )");
  World world(definition);
  world.start().wait();
  EXPECT_EQ(world.status(), "TIMED_OUT");
  world.now_ms += 1'000'000;
  world.run(input::Redrive{});
  EXPECT_EQ(world.execution.deadline_ms(), world.now_ms + 30'000);
  EXPECT_EQ(world.execution.frame(0)->attempt.timeout_due_ms, world.now_ms + 50'000);
  expect_replayed(world, definition);
}

TEST(Redrive, a_year_after_its_start_an_execution_ends_whatever_was_redriven) {
  World world(one_task());
  world.start().run(input::Stop{});
  const int64_t started_ms = world.now_ms;
  world.now_ms += world.limits.max_execution_ms - 5'000;
  world.run(input::Redrive{});
  EXPECT_EQ(world.execution.deadline_ms(), started_ms + world.limits.max_execution_ms);
}

const std::string parallel = machine(R"("A": {"Type": "Parallel", "End": true, "Branches": [
    {"StartAt": "X", "States": {"X": {)" +
                                     std::string(task) + R"(, "End": true}}},
    {"StartAt": "Y", "States": {"Y": {)" +
                                     std::string(task) + R"(, "End": true}}},
    {"StartAt": "Z", "States": {"Z": {)" +
                                     std::string(task) + R"(, "End": true}}}]})");

TEST(Redrive, of_a_parallel_state_only_what_failed_or_was_aborted) {
  World world(parallel);
  world.start();  // 4 X, 7 Y, 10 Z are entered; 5, 8, 11 scheduled
  world.succeed(5, "\"x\"").fail(8, "Bad");
  ASSERT_EQ(world.status(), "FAILED");
  EXPECT_EQ(world.history(15),
            "15<-9 LambdaFunctionFailed; 16<-15 TaskStateAborted; 17<-15 TaskStateAborted; "
            "18<-15 ParallelStateFailed; 19<-18 ExecutionFailed");
  world.run(input::Redrive{});
  EXPECT_EQ(world.history(20),
            "20<-19 ExecutionRedriven; 21<-15 LambdaFunctionScheduled; "
            "22<-21 LambdaFunctionStarted; 23<-12 LambdaFunctionScheduled; "
            "24<-23 LambdaFunctionStarted");
  world.succeed(23, "\"z\"").succeed(21, "\"y\"");
  EXPECT_EQ(world.status(), "SUCCEEDED");
  EXPECT_EQ(world.output(), R"(["x","y","z"])");
  expect_replayed(world, parallel);
}

TEST(Redrive, a_redriven_branch_may_fail_again_and_be_redriven_again) {
  World world(parallel);
  world.start().fail(5, "Bad");
  for (int i = 1; i <= 12; ++i) {
    world.run(input::Redrive{"t" + std::to_string(i)});
    EXPECT_EQ(world.execution.redrive_count(), i);
    world.fail(world.execution.frame(1)->attempt.scheduled, "Bad");
    ASSERT_EQ(world.status(), "FAILED");
  }
  EXPECT_EQ(world.execution.redrives().size(), 10u);
  EXPECT_EQ(world.execution.redrives().front().client_token, "t3");
  expect_replayed(world, parallel);
}

std::string map_of(const std::string& concurrency) {
  return machine(R"("A": {"Type": "Map", "End": true, "MaxConcurrency": )" + concurrency +
                 R"(, "ItemProcessor": {"StartAt": "I", "States": {
        "I": {)" +
                 std::string(task) + R"(, "End": true}}}})");
}

TEST(Redrive, of_a_map_the_failed_iterations_and_those_that_had_not_begun) {
  const std::string definition = map_of("2");
  World world(definition);
  world.start("[1,2,3,4]");
  const auto attempt = [&](FrameId frame) {
    return world.execution.frame(frame)->attempt.scheduled;
  };
  world.succeed(attempt(1), "\"one\"");  // the third begins
  world.fail(attempt(2), "Bad");
  ASSERT_EQ(world.status(), "FAILED");
  world.run(input::Redrive{});
  EXPECT_EQ(world.execution.frame(0)->running, 2);
  world.succeed(attempt(3), "\"three\"");  // now the fourth begins
  world.succeed(attempt(4), "\"four\"").succeed(attempt(2), "\"two\"");
  EXPECT_EQ(world.status(), "SUCCEEDED");
  EXPECT_EQ(world.output(), R"(["one","two","three","four"])");
  expect_replayed(world, definition);
}

TEST(Redrive, what_was_too_large_as_a_whole_is_run_as_a_whole) {
  const std::string definition = map_of("0");
  for (const bool larger : {false, true}) {
    World world(definition);
    world.limits.max_payload_bytes = 60;
    const std::string long_text = '"' + std::string(40, 'x') + '"';
    world.start("[1,2]");
    world.succeed(world.execution.frame(1)->attempt.scheduled, long_text);
    world.succeed(world.execution.frame(2)->attempt.scheduled, long_text);
    ASSERT_EQ(world.execution.error(), "States.DataLimitExceeded");
    world.limits.max_payload_bytes = larger ? 600 : 60;
    world.run(input::Redrive{});
    EXPECT_EQ(world.status(), "RUNNING");
    EXPECT_EQ(world.execution.frame(0)->running, 2);
    expect_replayed(world, definition);
  }
}

TEST(Redrive, a_container_whose_result_could_not_be_taken_runs_no_branch_again) {
  const std::string definition = machine(R"("A": {"Type": "Parallel", "End": true,
      "ResultSelector": {"a.$": "$[1]"}, "Branches": [
      {"StartAt": "X", "States": {"X": {)" +
                                         std::string(task) + R"(, "End": true}}}]})");
  World world(definition);
  world.start().succeed(5, "1");
  ASSERT_EQ(world.status(), "FAILED");
  const EventId last = world.execution.last_event();
  world.run(input::Redrive{});
  EXPECT_EQ(world.status(), "FAILED");
  EXPECT_EQ(world.history(last + 1).find("Scheduled"), std::string::npos);
  expect_replayed(world, definition);
}

TEST(Redrive, a_wait_counts_anew_and_a_fail_state_fails_again) {
  const std::string waits = machine(R"("A": {"Type": "Wait", "Seconds": 100, "Next": "F"},
      "F": {"Type": "Fail", "Error": "Bad"})");
  World world(waits);
  world.start();
  world.now_ms += 40'000;
  world.run(input::Stop{}).run(input::Redrive{});
  EXPECT_EQ(world.execution.next_due_ms(), world.now_ms + 100'000);
  world.wait();
  EXPECT_EQ(world.status(), "FAILED");
  const EventId last = world.execution.last_event();
  world.run(input::Redrive{});
  EXPECT_EQ(world.status(), "FAILED");
  const auto text = [](EventId id) { return std::to_string(id); };
  EXPECT_EQ(world.history(last + 1), text(last + 1) + "<-" + text(last) + " ExecutionRedriven; " +
                                         text(last + 2) + "<-" + text(last - 1) +
                                         " FailStateEntered; " + text(last + 3) + "<-" +
                                         text(last + 2) + " ExecutionFailed");
  expect_replayed(world, waits);
}

TEST(Redrive, an_abort_between_two_states_goes_on_with_the_next) {
  const std::string definition = machine(R"("A": {"Type": "Pass", "Next": "B"},
      "B": {"Type": "Pass", "End": true})");
  World world(definition);
  world.limits.burst_entries = 3;
  input::Start start;
  start.input = Payload(std::string("{}"));
  EXPECT_TRUE(world.give(start).more);
  world.give(input::Stop{});
  world.run(input::Redrive{});
  EXPECT_EQ(world.history(3),
            "3<-2 PassStateExited; 4<-3 ExecutionAborted; 5<-4 ExecutionRedriven; "
            "6<-3 PassStateEntered; 7<-6 PassStateExited; 8<-7 ExecutionSucceeded");
  expect_replayed(world, definition);
}

TEST(Redrive, the_context_tells_of_it) {
  const std::string definition = machine(R"("A": {)" + std::string(task) + R"(, "Next": "B"},
      "B": {"Type": "Pass", "Parameters": {"n.$": "$$.Execution.RedriveCount",
        "t.$": "$$.Execution.RedriveTime"}, "End": true})");
  World world(definition);
  world.start().fail(3, "Bad").run(input::Redrive{});
  world.succeed(world.execution.frame(0)->attempt.scheduled, "1");
  EXPECT_EQ(world.output(), R"({"n":1,"t":"2023-11-14T22:13:20.000Z"})");
}

TEST(Redrive, from_a_state_of_choice_with_another_input) {
  const std::string definition = one_task();
  World world(definition);
  world.start(R"({"n":1})").fail(5, "Bad");
  input::Redrive redrive;
  redrive.from = "A";
  redrive.input = Payload(std::string(R"({"n":2})"));
  world.run(redrive);
  const EventId first = 9;
  EXPECT_EQ(world.event(first).type, EntryType::ExecutionRedriven);
  EXPECT_EQ(world.event(first + 1).type, EntryType::PassStateEntered);
  EXPECT_EQ(world.event(first + 1).text(Field::input), R"({"n":2})");
  expect_replayed(world, definition);
}

TEST(Redrive, with_a_newer_definition) {
  World world(parallel);
  world.start().fail(5, "Bad");
  input::Redrive redrive;
  redrive.from = "B";
  redrive.machine = World::parsed(R"({"StartAt": "A", "States": {
      "A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Result": 7, "End": true}}})");
  redrive.definition_hash = "hash";
  world.run(redrive);
  EXPECT_EQ(world.status(), "SUCCEEDED");
  EXPECT_EQ(world.output(), "7");
  EXPECT_EQ(world.execution.identity().definition_hash, "hash");
  EXPECT_EQ(world.execution.frames().size(), 1u);
}

}  // namespace
}  // namespace perdure::asl::testing

#include "tests/asl/execution/world.h"

namespace perdure::asl::testing {
namespace {

constexpr std::string_view passes = R"({"StartAt": "A", "States": {
    "A": {"Type": "Pass", "Next": "B"},
    "B": {"Type": "Pass", "Result": {"x.$": "$.literal"}, "ResultPath": "$.b", "Next": "C"},
    "C": {"Type": "Succeed"}}})";

TEST(Interpreter, a_burst_goes_through_all_states_that_need_nothing_from_outside) {
  World world(passes);
  world.start(R"({ "a" : 1.0 })");
  EXPECT_EQ(world.history(),
            "1<-0 ExecutionStarted; 2<-0 PassStateEntered; 3<-2 PassStateExited; "
            "4<-3 PassStateEntered; 5<-4 PassStateExited; 6<-5 SucceedStateEntered; "
            "7<-6 SucceedStateExited; 8<-7 ExecutionSucceeded");
  EXPECT_EQ(world.event(1).text(Field::input), R"({ "a" : 1.0 })");
  EXPECT_EQ(world.event(2).text(Field::input), R"({"a":1.0})");
  EXPECT_EQ(world.output(), R"({"a":1.0,"b":{"x.$":"$.literal"}})");
}

TEST(Interpreter, payloads_passed_on_unchanged_refer_to_where_they_were_first_written) {
  World world(passes);
  world.start(R"({"a":1})");
  const PayloadOrigin first{1, static_cast<uint8_t>(Field::input)};
  EXPECT_EQ(world.event(2).payload(Field::input).origin(), first);
  EXPECT_EQ(world.event(3).payload(Field::output).origin(), first);
  const PayloadOrigin result{5, static_cast<uint8_t>(Field::output)};
  EXPECT_EQ(world.event(8).payload(Field::output).origin(), result);
}

TEST(Interpreter, a_wait_is_a_due_time_and_never_early) {
  World world(R"({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}})");
  world.start();
  EXPECT_EQ(world.history(), "1<-0 ExecutionStarted; 2<-0 WaitStateEntered");
  EXPECT_EQ(world.execution.next_due_ms(), world.now_ms + 60'000);
  world.now_ms += 59'999;
  EXPECT_TRUE(world.give(input::Due{}).entries.empty());
  world.wait();
  EXPECT_EQ(world.status(), "SUCCEEDED");
}

TEST(Interpreter, a_path_without_a_value_fails_the_execution_uncatchably) {
  World world(R"({"StartAt": "T", "States": {
      "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "OutputPath": "$.no.such", "End": true,
            "Retry": [{"ErrorEquals": ["States.ALL"]}],
            "Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "C"}]},
      "C": {"Type": "Succeed"}}})");
  world.start().succeed(3, "{}");
  EXPECT_EQ(world.history(4),
            "4<-3 LambdaFunctionStarted; 5<-4 LambdaFunctionSucceeded; 6<-5 ExecutionFailed");
  EXPECT_EQ(world.execution.error(), "States.Runtime");
  EXPECT_EQ(world.execution.cause(),
            "An error occurred while executing the state 'T' (entered at the event id #2). Invalid "
            "path '$.no.such' : Missing property in path $['no']");
}

constexpr std::string_view retried = R"({"StartAt": "T", "States": {
    "T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "S",
          "Parameters": {"FunctionName": "f", "Payload.$": "$.n", "Try.$": "$$.State.RetryCount"},
          "Retry": [{"ErrorEquals": ["Again"], "IntervalSeconds": 2, "MaxAttempts": 2,
                     "BackoffRate": 3, "MaxDelaySeconds": 5}],
          "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "S"}]},
    "S": {"Type": "Succeed"}}})";

TEST(Interpreter, retry_backs_off_and_then_the_catcher_takes_the_error) {
  World world(retried);
  world.start(R"({"n":7})").fail(3, "Again");
  EXPECT_EQ(world.execution.next_due_ms(), world.now_ms + 2'000);
  world.wait();
  EXPECT_EQ(world.history(3),
            "3<-2 TaskScheduled; 4<-3 TaskStarted; 5<-4 TaskFailed; 6<-5 TaskScheduled; "
            "7<-6 TaskStarted");
  EXPECT_EQ(world.event(6).text(Field::parameters), R"({"FunctionName":"f","Payload":7,"Try":1})");
  world.fail(6, "Again");
  EXPECT_EQ(world.execution.next_due_ms(), world.now_ms + 5'000);
  world.wait().fail(9, "Again");
  EXPECT_EQ(world.output(), R"({"n":7,"error":{"Error":"Again","Cause":"because"}})");
}

TEST(Interpreter, an_answer_for_an_attempt_that_is_over_changes_nothing) {
  World world(retried);
  world.start(R"({"n":7})").fail(3, "Again");
  const std::string before = world.execution.describe();
  world.succeed(3, "1").fail(3, "Again");
  EXPECT_EQ(world.execution.describe(), before);
}

TEST(Interpreter, a_task_that_takes_too_long_times_out_and_is_cancelled) {
  World world(R"({"StartAt": "T", "States": {
      "T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "TimeoutSeconds": 5, "Parameters": {"FunctionName": "f"},
            "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "S"}]},
      "S": {"Type": "Succeed"}}})");
  world.start().wait();
  EXPECT_EQ(world.history(5),
            "5<-4 TaskTimedOut; 6<-5 TaskStateExited; 7<-6 SucceedStateEntered; "
            "8<-7 SucceedStateExited; 9<-8 ExecutionSucceeded");
  EXPECT_EQ(world.output(), R"({"Error":"States.Timeout","Cause":""})");
  EXPECT_EQ(std::get<CancelAttempt>(world.effects[1]).scheduled, 3);
}

constexpr std::string_view with_token = R"({"StartAt": "T", "States": {
    "T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
          "HeartbeatSeconds": 10, "End": true,
          "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}}}}})";

TEST(Interpreter, a_callback_task_waits_for_its_token_and_its_heartbeats) {
  World world(with_token);
  world.start();
  EXPECT_EQ(world.event(3).text(Field::parameters),
            R"({"FunctionName":"f","Payload":{"token":"token-3"}})");
  world.succeed(3, R"({"StatusCode":200})");
  EXPECT_EQ(world.history(4), "4<-3 TaskStarted; 5<-4 TaskSubmitted");
  world.now_ms += 8'000;
  world.execution.heartbeat(3, world.now_ms);
  EXPECT_EQ(world.execution.next_due_ms(), world.now_ms + 10'000);
  world.run(input::AttemptCompleted{3, Payload("42")});
  EXPECT_EQ(world.history(6), "6<-5 TaskSucceeded; 7<-6 TaskStateExited; 8<-7 ExecutionSucceeded");
  EXPECT_EQ(world.output(), "42");
}

TEST(Interpreter, a_missed_heartbeat_is_a_timeout) {
  World world(with_token);
  world.start().wait();
  EXPECT_EQ(world.history(5), "5<-4 TaskTimedOut; 6<-5 ExecutionFailed");
  EXPECT_EQ(world.execution.error(), "States.Timeout");
  EXPECT_EQ(world.execution.cause(), std::nullopt);
}

TEST(Interpreter, stop_aborts_and_cancels_what_is_under_way) {
  World world(retried);
  world.start(R"({"n":7})").run(input::Stop{"Why", "Not"});
  EXPECT_EQ(world.history(5), "5<-4 ExecutionAborted");
  EXPECT_EQ(world.status(), "ABORTED");
  EXPECT_EQ(std::get<CancelAttempt>(world.effects[1]).scheduled, 3);
  EXPECT_TRUE(world.give(input::AttemptAnswered{3, Payload("1"), ""}).entries.empty());
}

TEST(Interpreter, the_machines_timeout_ends_the_execution) {
  World world(R"({"StartAt": "W", "TimeoutSeconds": 3,
      "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}})");
  world.start().wait();
  EXPECT_EQ(world.history(),
            "1<-0 ExecutionStarted; 2<-0 WaitStateEntered; 3<-2 ExecutionTimedOut");
}

TEST(Interpreter, a_result_over_the_limit_fails_the_state_catchably) {
  World world(R"({"StartAt": "P", "States": {
      "P": {"Type": "Pass", "Parameters": {"a.$": "$.big", "b.$": "$.big"}, "End": true}}})");
  world.limits.max_payload_bytes = 100;
  world.start(R"({"big":")" + std::string(60, 'x') + "\"}");
  EXPECT_EQ(world.history(), "1<-0 ExecutionStarted; 2<-0 PassStateEntered; 3<-2 ExecutionFailed");
  EXPECT_EQ(world.execution.error(), "States.DataLimitExceeded");
  EXPECT_EQ(
      world.execution.cause(),
      "The state/task 'P' returned a result with a size exceeding the maximum number of bytes "
      "service limit.");
}

TEST(Interpreter, an_endless_loop_yields_at_the_burst_bound_and_ends_at_the_event_quota) {
  World world(R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"},
      "B": {"Type": "Choice", "Default": "A", "Choices": [
          {"Variable": "$.stop", "IsPresent": true, "Next": "S"}]}, "S": {"Type": "Succeed"}}})");
  world.limits.max_events = 5'000;
  world.limits.burst_entries = 100;
  Burst burst = world.give(input::Start{{}, Payload("{}")});
  EXPECT_TRUE(burst.more);
  EXPECT_LE(burst.entries.size(), 102u);
  while (burst.more) burst = world.give(input::Continue{});
  EXPECT_EQ(world.execution.last_event(), 5'000);
  EXPECT_EQ(world.status(), "FAILED");
  EXPECT_EQ(world.execution.cause(),
            "The execution reached the maximum number of history events (5000).");
}

TEST(Interpreter, a_burst_ends_when_its_evaluations_have_taken_their_steps) {
  World world(R"({"StartAt": "A", "States": {
      "A": {"Type": "Pass", "Parameters": {"found.$": "$..n"}, "Next": "B"},
      "B": {"Type": "Succeed"}}})");
  world.limits.burst_steps = 10;
  const Burst burst =
      world.give(input::Start{{}, Payload(R"({"list":[{"n":1},{"n":2},{"n":3},{"n":4}]})")});
  EXPECT_TRUE(burst.more);
  EXPECT_EQ(world.status(), "RUNNING");
  world.run(input::Continue{});
  EXPECT_EQ(world.output(), R"({"found":[1,2,3,4]})");
}

TEST(Interpreter, time_set_back_never_shows_in_the_history) {
  World world(retried);
  world.start(R"({"n":7})");
  world.now_ms -= 50'000;
  world.fail(3, "Other");
  EXPECT_EQ(world.entries.back().timestamp_ms, world.entries.front().timestamp_ms);
}

}  // namespace
}  // namespace perdure::asl::testing

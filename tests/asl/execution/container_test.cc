// Parallel and Map: the order of events and their previousEventId are those of recorded histories.

#include "tests/asl/execution/world.h"

namespace perdure::asl::testing {
namespace {

constexpr std::string_view parallel = R"({"StartAt": "P", "States": {
    "P": {"Type": "Parallel", "Next": "S", "ResultPath": "$.p", "Branches": [
      {"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
         "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}}},
      {"StartAt": "B", "States": {"B": {"Type": "Task", "End": true,
         "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}}}]},
    "S": {"Type": "Succeed"}}})";

TEST(Parallel, joins_when_the_last_branch_ends) {
  World world(parallel);
  world.start().succeed(8, "\"b\"").succeed(5, "\"a\"");
  EXPECT_EQ(world.history(3),
            "3<-2 ParallelStateStarted; 4<-3 TaskStateEntered; 5<-4 LambdaFunctionScheduled; "
            "6<-5 LambdaFunctionStarted; 7<-3 TaskStateEntered; 8<-7 LambdaFunctionScheduled; "
            "9<-8 LambdaFunctionStarted; 10<-9 LambdaFunctionSucceeded; 11<-10 TaskStateExited; "
            "12<-6 LambdaFunctionSucceeded; 13<-12 TaskStateExited; 14<-13 ParallelStateSucceeded; "
            "15<-13 ParallelStateExited; 16<-15 SucceedStateEntered; 17<-16 SucceedStateExited; "
            "18<-17 ExecutionSucceeded");
  EXPECT_EQ(world.output(), R"({"p":["a","b"]})");
}

TEST(Parallel, a_failed_branch_aborts_the_others) {
  World world(parallel);
  world.start().fail(5, "Bad");
  EXPECT_EQ(world.history(10),
            "10<-6 LambdaFunctionFailed; 11<-10 TaskStateAborted; 12<-10 TaskStateAborted; "
            "13<-10 ParallelStateFailed; 14<-13 ExecutionFailed");
  EXPECT_EQ(world.execution.error(), "Bad");
  const auto cancelled = std::count_if(world.effects.begin(), world.effects.end(), [](auto& e) {
    return std::holds_alternative<CancelAttempt>(e);
  });
  EXPECT_EQ(cancelled, 1);
  EXPECT_TRUE(world.give(input::AttemptAnswered{8, Payload("1"), ""}).entries.empty());
}

std::string map_of(std::string_view processor, std::string_view more) {
  return R"({"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", )" +
         std::string(more) + R"("ItemProcessor": )" + std::string(processor) +
         R"(, "Next": "S"}, "S": {"Type": "Succeed"}}})";
}
constexpr std::string_view pass_items =
    R"({"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}})";
constexpr std::string_view failing_items =
    R"({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": "it"}}})";

TEST(Map, one_at_a_time_in_recorded_order) {
  World world(map_of(pass_items, R"("MaxConcurrency": 1,)"));
  world.start(R"({"items": [1, "b,]"]})");
  EXPECT_EQ(world.history(2),
            "2<-0 MapStateEntered; 3<-2 MapStateStarted; 4<-3 MapIterationStarted; "
            "5<-4 PassStateEntered; 6<-5 PassStateExited; 7<-6 MapIterationSucceeded; "
            "8<-6 MapIterationStarted; 9<-8 PassStateEntered; 10<-9 PassStateExited; "
            "11<-10 MapIterationSucceeded; 12<-10 MapStateSucceeded; 13<-10 MapStateExited; "
            "14<-13 SucceedStateEntered; 15<-14 SucceedStateExited; 16<-15 ExecutionSucceeded");
  EXPECT_EQ(world.output(), R"([1,"b,]"])");
}

TEST(Map, starts_all_that_may_run_at_once_first) {
  World world(map_of(pass_items, ""));
  world.start(R"({"items":[1,2,3]})");
  EXPECT_THAT(world.history(3),
              ::testing::StartsWith(
                  "3<-2 MapStateStarted; 4<-3 MapIterationStarted; 5<-3 MapIterationStarted; "
                  "6<-3 MapIterationStarted; 7<-4 PassStateEntered"));
  EXPECT_EQ(world.output(), "[1,2,3]");
}

TEST(Map, an_empty_array_has_no_iterations) {
  World world(map_of(pass_items, ""));
  world.start(R"({"items":[]})");
  EXPECT_EQ(world.event(3).number(Field::length, -1), 0);
  EXPECT_EQ(world.output(), "[]");
}

TEST(Map, the_selector_sees_the_item_and_the_states_input) {
  World world(map_of(pass_items, R"("ItemSelector": {"i.$": "$$.Map.Item.Index",
      "v.$": "$$.Map.Item.Value", "k.$": "$.k"},)"));
  world.start(R"({"k":9,"items":["a"]})");
  EXPECT_EQ(world.output(), R"([{"i":0,"v":"a","k":9}])");
}

TEST(Map, a_failure_is_the_maps_failure_and_can_be_retried_and_caught) {
  World world(map_of(failing_items, R"("Retry": [{"ErrorEquals": ["Bad"], "MaxAttempts": 1}],
      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}],)"));
  world.start(R"({"items":[1]})").wait();
  EXPECT_EQ(world.history(2),
            "2<-0 MapStateEntered; 3<-2 MapStateStarted; 4<-3 MapIterationStarted; "
            "5<-4 FailStateEntered; 6<-5 MapIterationFailed; 7<-5 MapStateStarted; "
            "8<-7 MapIterationStarted; 9<-8 FailStateEntered; 10<-9 MapIterationFailed; "
            "11<-9 MapStateFailed; 12<-11 MapStateExited; 13<-12 SucceedStateEntered; "
            "14<-13 SucceedStateExited; 15<-14 ExecutionSucceeded");
  EXPECT_EQ(world.output(), R"({"Error":"Bad","Cause":"it"})");
}

TEST(Map, what_runs_beside_a_failed_iteration_is_aborted) {
  World world(map_of(R"({"StartAt": "T", "States": {"T": {"Type": "Task", "End": true,
      "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}}})",
                     ""));
  world.start(R"({"items":[1,2]})").fail(7, "Bad");
  EXPECT_EQ(world.history(12),
            "12<-8 LambdaFunctionFailed; 13<-12 MapIterationFailed; 14<-12 TaskStateAborted; "
            "15<-12 MapIterationAborted; 16<-12 TaskStateAborted; 17<-12 MapStateFailed; "
            "18<-17 ExecutionFailed");
}

TEST(Map, ten_thousand_iterations_go_through_in_bursts) {
  World world(map_of(pass_items, ""));
  world.limits.max_events = 1'000'000;
  std::string input = R"({"items":[0)";
  for (int i = 1; i < 10'000; ++i) input += "," + std::to_string(i);
  world.limits.max_payload_bytes = 1 << 20;
  world.start(input + "]}");
  EXPECT_EQ(world.status(), "SUCCEEDED");
  EXPECT_EQ(world.execution.last_event(), 1 + 2 + 10'000 * 4 + 2 + 3);
}

TEST(Map, something_that_is_no_array_fails_the_state) {
  World world(map_of(pass_items, ""));
  world.start(R"({"items":1})");
  EXPECT_EQ(world.execution.cause(),
            "An error occurred while executing the state 'M' (entered at the event id #2). "
            "Reference path \"$.items\" must point to array.");
}

}  // namespace
}  // namespace perdure::asl::testing

// States whose fields are JSONata: how data goes through them, and how a field that cannot be
// evaluated fails.
#include "tests/asl/execution/world.h"

namespace perdure::asl::testing {
namespace {

std::string machine(std::string_view states) {
  return R"({"QueryLanguage": "JSONata", "StartAt": "A", "States": {)" + std::string(states) + "}}";
}

TEST(JsonataStates, a_pass_gives_its_output_or_passes_its_input_on) {
  World world(machine(R"(
      "A": {"Type": "Pass", "Assign": {"n": "{% $states.input.n + 1 %}"}, "Next": "B"},
      "B": {"Type": "Pass", "Next": "C",
            "Output": {"was": "{% $states.input %}", "n": ["{% $n %}", "literal"]}},
      "C": {"Type": "Succeed",
            "Output": "{% $states.input.n[0] & $states.context.State.Name %}"})"));
  world.start(R"({"n":1})");
  EXPECT_EQ(world.event(3).text(Field::output), R"({"n":1})");
  EXPECT_EQ(world.event(5).text(Field::output), R"({"was":{"n":1},"n":[2,"literal"]})");
  EXPECT_EQ(world.output(), R"("2C")");
}

TEST(JsonataStates, a_task_gets_its_arguments_and_its_output_sees_the_result) {
  World world(machine(R"(
      "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "TimeoutSeconds": "{% 10 * 2 %}",
            "Arguments": {"FunctionName": "f", "Payload": "{% $states.input.p %}"},
            "Output": {"r": "{% $states.result.Payload %}", "in": "{% $states.input.p %}"}})"));
  world.start(R"({"p":[1]})");
  EXPECT_EQ(world.event(3).text(Field::parameters), R"({"FunctionName":"f","Payload":[1]})");
  EXPECT_EQ(world.event(3).number(Field::timeout_seconds), 20);
  world.succeed(3, R"({"Payload":{"ok":true}})");
  EXPECT_EQ(world.output(), R"({"r":{"ok":true},"in":[1]})");
}

TEST(JsonataStates, a_catcher_sees_the_error) {
  World world(machine(R"(
      "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "End": true,
            "Catch": [{"ErrorEquals": ["E1"], "Next": "B"},
                      {"ErrorEquals": ["States.ALL"], "Next": "B",
                       "Output": "{% $states.errorOutput.Error & '!' %}"}]},
      "B": {"Type": "Pass", "End": true})"));
  world.start().fail(3, "E2");
  EXPECT_EQ(world.output(), R"("E2!")");
}

TEST(JsonataStates, a_choice_goes_by_the_first_condition_that_is_true) {
  World world(machine(R"(
      "A": {"Type": "Choice", "Default": "B", "Output": "default", "Choices": [
          {"Condition": "{% $states.input.n > 5 %}", "Next": "B", "Output": "more"},
          {"Condition": true, "Next": "B", "Assign": {"way": "true"}}]},
      "B": {"Type": "Pass", "End": true})"));
  world.start(R"({"n":6})");
  EXPECT_EQ(world.output(), R"("more")");
}

TEST(JsonataStates, a_map_selects_its_items_one_by_one) {
  World world(machine(R"(
      "A": {"Type": "Map", "Items": "{% $states.input.list %}", "MaxConcurrency": "{% 1 %}",
            "ItemSelector": {"i": "{% $states.context.Map.Item.Index %}",
                             "v": "{% $states.context.Map.Item.Value %}"},
            "Output": "{% $sum($states.result) %}", "End": true,
            "ItemProcessor": {"StartAt": "I", "States": {
              "I": {"Type": "Pass", "Output": "{% $states.input.v * 10 %}", "End": true}}}})"));
  world.start(R"({"list":[1,2,3]})");
  EXPECT_EQ(world.output(), "60");
}

TEST(JsonataStates, a_wait_takes_seconds_and_timestamps) {
  World world(machine(R"(
      "A": {"Type": "Wait", "Seconds": "{% $states.input.s %}", "Next": "B"},
      "B": {"Type": "Wait", "Timestamp": "{% $states.input.t %}", "End": true})"));
  world.start(R"({"s":5,"t":"soon"})");
  EXPECT_EQ(world.execution.next_due_ms(), world.now_ms + 5'000);
  world.wait();
  EXPECT_EQ(world.history(4), "4<-3 WaitStateEntered; 5<-4 EvaluationFailed; 6<-5 ExecutionFailed");
  EXPECT_EQ(world.event(5).text(Field::location), "Timestamp");
}

TEST(JsonataStates, a_field_that_cannot_be_evaluated_has_an_event_and_can_be_caught) {
  World world(machine(R"(
      "A": {"Type": "Pass", "Next": "B"},
      "B": {"Type": "Pass", "Output": {"a": ["{% $nothing %}"]}, "End": true})"));
  world.start();
  EXPECT_EQ(world.history(4), "4<-3 PassStateEntered; 5<-3 EvaluationFailed; 6<-5 ExecutionFailed");
  EXPECT_EQ(world.event(5).text(Field::location), "Output/a[0]");
  EXPECT_EQ(world.execution.cause(),
            "An error occurred while executing the state 'B' (entered at the event id #4). The "
            "JSONata expression '$nothing' specified for the field 'Output/a[0]' returned nothing "
            "(undefined).");
  World caught(machine(R"(
      "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "End": true,
            "Arguments": "{% 1 + 'a' %}",
            "Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "B"}]},
      "B": {"Type": "Pass", "Output": "caught", "End": true})"));
  caught.start();
  EXPECT_EQ(caught.output(), R"("caught")");
}

TEST(JsonataStates, items_that_are_no_array_fail_the_map) {
  World world(machine(R"(
      "A": {"Type": "Map", "Items": "{% 1 %}", "End": true,
            "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}})"));
  world.start();
  EXPECT_EQ(world.history(2),
            "2<-0 MapStateEntered; 3<-0 EvaluationFailed; 4<-3 MapStateFailed; "
            "5<-4 ExecutionFailed");
  EXPECT_THAT(*world.execution.cause(),
              ::testing::HasSubstr("Expected 'array', but was 'number' for value: 1"));
}

}  // namespace
}  // namespace perdure::asl::testing

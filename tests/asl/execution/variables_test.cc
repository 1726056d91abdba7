// Assign and what reads it: the values are those of before the state, scopes nest, a journal keeps
// them.
#include "tests/asl/execution/world.h"

namespace perdure::asl::testing {
namespace {

std::string_view assigned(const World& world, EventId exit) {
  return world.event(exit).text(Field::assigned_variables);
}

TEST(Variables, are_read_as_they_were_before_the_state) {
  World world(R"j({"StartAt": "A", "States": {
      "A": {"Type": "Pass", "Assign": {"x": 1, "y.$": "$.n"}, "Next": "B"},
      "B": {"Type": "Pass", "Assign": {"x.$": "$y", "y.$": "$x"},
            "Parameters": {"x.$": "$x", "y.$": "States.MathAdd($y, 1)"}, "Next": "C"
}
, "C" : {
  "Type" : "Pass", "Parameters" : {"x.$" : "$x", "y.$" : "$y"}, "ResultPath" : "$.now", "End" : true
}
}
})j");
  world.start(R"({"n":2})");
  EXPECT_EQ(assigned(world, 3), R"({"x":1,"y":2})");
  EXPECT_EQ(assigned(world, 5), R"({"x":2,"y":1})");
  EXPECT_EQ(world.output(), R"({"x":1,"y":3,"now":{"x":2,"y":1}})");
}

TEST(Variables, of_a_task_come_from_its_result_as_the_service_gave_it) {
  World world(R"({"StartAt": "T", "States": {
      "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "ResultSelector": {"only.$": "$.a"}, "ResultPath": null,
            "Assign": {"b.$": "$.b", "all.$": "$"}, "Next": "P"},
      "P": {"Type": "Pass", "InputPath": "$all", "End": true}}})");
  world.start(R"({"in":0})").succeed(3, R"({"a":1,"b":[2]})");
  EXPECT_EQ(assigned(world, 6), R"({"b":[2],"all":{"a":1,"b":[2]}})");
  EXPECT_EQ(world.output(), R"({"a":1,"b":[2]})");
}

TEST(Variables, of_a_catcher_come_from_the_error) {
  World world(R"({"StartAt": "T", "States": {
      "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "Assign": {"never": 1}, "End": true,
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "P",
                       "Assign": {"name.$": "$.Error"}}]},
      "P": {"Type": "Pass", "Parameters": {"name.$": "$name"}, "End": true}}})");
  world.start().fail(3, "Broken");
  EXPECT_EQ(assigned(world, 6), R"({"name":"Broken"})");
  EXPECT_EQ(world.output(), R"({"name":"Broken"})");
}

TEST(Variables, of_a_choice_are_those_of_the_rule_that_matched) {
  constexpr std::string_view machine = R"({"StartAt": "C", "States": {
      "C": {"Type": "Choice", "Assign": {"way": "default"}, "Default": "P", "Choices": [
          {"Variable": "$.n", "NumericEquals": 1, "Assign": {"way": "one"}, "Next": "P"},
          {"Variable": "$.n", "NumericEquals": 2, "Next": "S"}]},
      "P": {"Type": "Pass", "InputPath": "$way", "End": true},
      "S": {"Type": "Succeed"}}})";
  World one(machine);
  EXPECT_EQ(one.start(R"({"n":1})").output(), R"("one")");
  World two(machine);
  two.start(R"({"n":2})");
  EXPECT_FALSE(two.event(3).has(Field::assigned_variables));
  World other(machine);
  EXPECT_EQ(other.start(R"({"n":3})").output(), R"("default")");
}

TEST(Variables, of_an_iteration_are_its_own_and_it_reads_those_around_it) {
  World world(R"j({"StartAt": "A", "States": {
      "A": {"Type": "Pass", "Assign": {"x": 10, "items": [1, 2]}, "Next": "M"},
      "M": {"Type": "Map", "ItemsPath": "$items", "MaxConcurrency": 1, "Next": "Z",
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I", "States": {
              "I": {"Type": "Pass", "Assign": {"sum.$": "States.MathAdd($x, $)"}, "Next": "J"
}
, "J" : { "Type" : "Pass", "Parameters" : {"sum.$" : "$sum"}, "End" : true }
}
}
}
, "Z" : { "Type" : "Pass", "Parameters" : {"sum.$" : "$sum"}, "End" : true }
}
})j");
  world.start();
  EXPECT_EQ(world.status(), "FAILED");
  EXPECT_THAT(*world.execution.cause(),
              ::testing::HasSubstr("The JSONPath '$sum' specified for the field 'sum.$'"));
}

TEST(Variables, past_the_size_limit_fail_the_state) {
  World world(R"({"StartAt": "A", "States": {
      "A": {"Type": "Pass", "Assign": {"x.$": "$"}, "OutputPath": null, "End": true}}})");
  world.limits.max_payload_bytes = 20;
  world.start(R"({"n":"0123456789"})");
  EXPECT_EQ(world.execution.error(), "States.DataLimitExceeded");
}

}  // namespace
}  // namespace perdure::asl::testing

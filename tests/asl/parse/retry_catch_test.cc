#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

std::string task(const std::string& fields) {
  return R"({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "End": true, )" +
         fields + "}";
}

TEST(RetryTest, Defaults) {
  const auto state =
      parsed<TaskState>(machine_of(task(R"("Retry": [{"ErrorEquals": ["A", "B"]}])")));
  ASSERT_EQ(state.fields.retry.size(), 1u);
  const Retrier& retrier = state.fields.retry[0];
  EXPECT_THAT(retrier.error_equals, ElementsAre("A", "B"));
  EXPECT_EQ(retrier.interval_seconds, 1);
  EXPECT_EQ(retrier.max_attempts, 3);
  EXPECT_EQ(retrier.backoff_rate, 2.0);
  EXPECT_FALSE(retrier.max_delay_seconds);
  EXPECT_FALSE(retrier.full_jitter);
}

TEST(RetryTest, AllFields) {
  const auto state = parsed<TaskState>(machine_of(
      task(R"("Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0, "MaxAttempts": 0,
              "BackoffRate": 1.5, "MaxDelaySeconds": 7, "JitterStrategy": "FULL",
              "Comment": "c"}])")));
  const Retrier& retrier = state.fields.retry.at(0);
  EXPECT_EQ(retrier.interval_seconds, 0);
  EXPECT_EQ(retrier.max_attempts, 0);
  EXPECT_EQ(retrier.backoff_rate, 1.5);
  EXPECT_EQ(retrier.max_delay_seconds, 7);
  EXPECT_TRUE(retrier.full_jitter);
  EXPECT_THAT(errors_of_state(task(R"("Retry": [])")), IsEmpty());
}

TEST(RetryTest, Bounds) {
  EXPECT_THAT(errors_of_state(task(R"("Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": -1,
          "MaxAttempts": -1, "BackoffRate": 0.5, "MaxDelaySeconds": 31622401,
          "JitterStrategy": "SOME", "Next": "X"}])")),
              testing::UnorderedElementsAre(
                  schema("Minimum value is 0", "/States/X/Retry[0]/IntervalSeconds"),
                  schema("Minimum value is 0", "/States/X/Retry[0]/MaxAttempts"),
                  schema("Minimum value is 1.0", "/States/X/Retry[0]/BackoffRate"),
                  schema("Maximum value is 31622400", "/States/X/Retry[0]/MaxDelaySeconds"),
                  schema("Value should be one of the following: [NONE, FULL]",
                         "/States/X/Retry[0]/JitterStrategy"),
                  schema("Field 'Next' is not supported", "/States/X/Retry[0]")));
}

TEST(RetryTest, StatesAllStandsAloneAndLast) {
  EXPECT_THAT(errors_of_state(task(R"("Retry": [{"ErrorEquals": ["States.ALL", "E"]},
                                        {"ErrorEquals": ["E"]}])")),
              ElementsAre(schema("States.ALL must appear alone and at end of list",
                                 "/States/X/Retry[0]/ErrorEquals")));
  EXPECT_THAT(errors_of_state(task(R"("Catch": [{"ErrorEquals": ["States.ALL"], "Next": "X"},
                                        {"ErrorEquals": ["E"], "Next": "X"}])")),
              ElementsAre(schema("States.ALL must appear alone and at end of list",
                                 "/States/X/Catch[0]/ErrorEquals")));
}

TEST(RetryTest, ErrorEqualsIsAListOfNames) {
  EXPECT_THAT(
      errors_of_state(task(R"("Retry": [{}, {"ErrorEquals": []}, {"ErrorEquals": [1]},
                                                {"ErrorEquals": "E"}, 5])")),
      ElementsAre(schema("These fields are required: [ErrorEquals]", "/States/X/Retry[0]"),
                  schema("Expected value of type [OBJECT]", "/States/X/Retry[4]"),
                  schema("Value cannot be empty", "/States/X/Retry[1]/ErrorEquals"),
                  schema("Expected value of type [STRING]", "/States/X/Retry[2]/ErrorEquals[0]"),
                  schema("Expected value of type [ARRAY]", "/States/X/Retry[3]/ErrorEquals")));
}

TEST(CatchTest, ReadsCatchers) {
  const auto state = parsed<TaskState>(
      machine_of(task(R"("Catch": [{"ErrorEquals": ["E"], "Next": "X", "ResultPath": "$.error"},
                        {"ErrorEquals": ["States.ALL"], "Next": "X", "ResultPath": null}])")));
  ASSERT_EQ(state.fields.catchers.size(), 2u);
  EXPECT_EQ(state.fields.catchers[0].next, "X");
  EXPECT_EQ(state.fields.catchers[0].result_path.path->text(), "$.error");
  EXPECT_TRUE(state.fields.catchers[1].result_path.null);
}

TEST(CatchTest, NextIsRequired) {
  EXPECT_THAT(errors_of_state(task(R"("Catch": [{"ErrorEquals": ["E"]}])")),
              ElementsAre(schema("These fields are required: [Next]", "/States/X/Catch[0]")));
}

}  // namespace
}  // namespace perdure::asl

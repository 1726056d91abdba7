#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

std::string task(const std::string& fields) {
  return R"({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "End": true, )" +
         fields + "}";
}

TEST(ResourceTest, TakesArnsApart) {
  const auto function = parse_resource("arn:aws:lambda:eu-west-1:111111111111:function:f:live");
  ASSERT_TRUE(function);
  EXPECT_EQ(function->family, TaskResource::Family::lambda_function);
  EXPECT_EQ(function->region, "eu-west-1");
  EXPECT_EQ(function->action, "f:live");

  const auto activity = parse_resource("arn:aws:states:us-east-1:111111111111:activity:a");
  ASSERT_TRUE(activity);
  EXPECT_EQ(activity->family, TaskResource::Family::activity);
  EXPECT_EQ(activity->action, "a");

  const auto job = parse_resource("arn:aws:states:::states:startExecution.sync:2");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->family, TaskResource::Family::integration);
  EXPECT_EQ(job->service, "states");
  EXPECT_EQ(job->action, "startExecution.sync:2");
  EXPECT_EQ(job->pattern, TaskPattern::sync);

  const auto sdk = parse_resource("arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken");
  ASSERT_TRUE(sdk);
  EXPECT_EQ(sdk->service, "aws-sdk:dynamodb");
  EXPECT_EQ(sdk->action, "putItem.waitForTaskToken");
  EXPECT_EQ(sdk->pattern, TaskPattern::wait_for_task_token);
  EXPECT_EQ(parse_resource("arn:aws:states:::glue:startJobRun")->pattern,
            TaskPattern::request_response);
}

TEST(ResourceTest, KnowsWhatIsNone) {
  for (const char* text :
       {"", "create", "arn:aws:s3:::bucket", "arn:aws:lambda:r:1:layer:l", "arn:aws:states:::",
        "arn:aws:states:::sns", "arn:aws:states:::aws-sdk:sfn", "arn:aws:states:::aws-sdk::x",
        "arn:aws:lambda:r:1:function:", "arn:aws:states:r:1:activity:", "arn::states:::a:b"}) {
    EXPECT_FALSE(parse_resource(text)) << text;
  }
}

TEST(TaskTest, ReadsItsNumbersAndPaths) {
  const auto plain =
      parsed<TaskState>(machine_of(task(R"("TimeoutSeconds": 60, "HeartbeatSeconds": 5)")));
  EXPECT_EQ(plain.timeout.seconds, 60);
  EXPECT_EQ(plain.heartbeat.seconds, 5);
  const auto paths = parsed<TaskState>(
      machine_of(task(R"("TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$.h")")));
  EXPECT_EQ(paths.timeout.path->text(), "$.t");
  EXPECT_EQ(paths.heartbeat.path->text(), "$.h");
  EXPECT_FALSE(parsed<TaskState>(machine_of(task(R"("Comment": "")"))).timeout.set());
}

TEST(TaskTest, ReadsItsTemplates) {
  const auto state = parsed<TaskState>(machine_of(task(
      R"("Parameters": {"a.$": "$.b"}, "ResultSelector": {"c.$": "$.d"}, "ResultPath": "$.e",
         "Credentials": {"RoleArn.$": "$.role"})")));
  EXPECT_TRUE(state.fields.parameters);
  EXPECT_TRUE(state.fields.result_selector);
  EXPECT_TRUE(state.credentials);
  EXPECT_EQ(state.fields.result_path.path->text(), "$.e");
}

TEST(TaskTest, TimesHaveBounds) {
  EXPECT_THAT(errors_of_state(task(R"("TimeoutSeconds": 0, "HeartbeatSeconds": 100000000)")),
              ElementsAre(schema("Minimum value is 1", "/States/X/TimeoutSeconds"),
                          schema("Maximum value is 99999999", "/States/X/HeartbeatSeconds")));
  EXPECT_THAT(errors_of_state(task(R"("TimeoutSeconds": 5, "HeartbeatSeconds": 5)")),
              ElementsAre(schema("HeartbeatSeconds must be smaller than TimeoutSeconds",
                                 "/States/X/HeartbeatSeconds")));
  EXPECT_THAT(errors_of_state(task(R"("TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t")")),
              ElementsAre(schema("There should only be one of the following fields: "
                                 "[TimeoutSeconds, TimeoutSecondsPath]",
                                 "/States/X")));
}

TEST(TaskTest, ResourceIsRequiredAndAnArn) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Task", "End": true})"),
              ElementsAre(schema("These fields are required: [Resource]", "/States/X")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Task", "Resource": "create", "End": true})"),
              ElementsAre(schema("Value is not a valid resource ARN", "/States/X/Resource")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.sync",
                                  "Parameters": {"FunctionName": "f"}, "End": true})"),
              ElementsAre(schema("The resource provided arn:aws:states:::lambda:invoke.sync is not "
                                 "recognized. The value is not a valid resource ARN, or the "
                                 "resource is not available in this region.",
                                 "/States/X/Resource")));
}

TEST(TaskTest, ServicesWeDoNotKnowParse) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Task", "End": true,
                                  "Resource": "arn:aws:states:::glue:startJobRun.sync",
                                  "Parameters": {"JobName": "j"}})"),
              IsEmpty());
}

TEST(TaskTest, ExpressHasNoCallbacks) {
  const auto errors = [](const std::string& resource) {
    return errors_of_state(R"({"Type": "Task", "Resource": ")" + resource +
                               R"(", "Parameters": {"StateMachineArn": "a", "Message": "m"},
                                  "End": true})",
                           MachineType::express);
  };
  EXPECT_THAT(errors("arn:aws:states:::states:startExecution.sync"),
              ElementsAre(schema("Express state machine does not support '.sync' service "
                                 "integration",
                                 "/States/X/Resource")));
  EXPECT_THAT(errors("arn:aws:states:::sns:publish.waitForTaskToken"),
              ElementsAre(schema("Express state machine does not support '.waitForTaskToken' "
                                 "service integration ",
                                 "/States/X/Resource")));
  EXPECT_THAT(errors("arn:aws:states:us-east-1:1:activity:a"),
              ElementsAre(schema("Express state machine does not support Activity ARN",
                                 "/States/X/Resource")));
  EXPECT_THAT(errors("arn:aws:states:::states:startExecution"), IsEmpty());
}

TEST(TaskTest, CredentialsNeedARole) {
  const std::string missing =
      schema("The field 'RoleArn' is required but was missing", "/States/X/Credentials");
  EXPECT_THAT(errors_of_state(task(R"("Credentials": {})")), ElementsAre(missing));
  EXPECT_THAT(errors_of_state(task(R"("Credentials": {"Invalid": 1})")), ElementsAre(missing));
  EXPECT_THAT(errors_of_state(R"({"Type": "Task", "Resource": "arn:aws:states:r:1:activity:a",
                                  "Credentials": {"RoleArn": "r"}, "End": true})"),
              ElementsAre(schema("The field 'Credentials' is not supported for activities",
                                 "/States/X/Credentials")));
}

TEST(TaskTest, IntegrationsNeedTheirParameters) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                          "End": true})"),
              ElementsAre(schema(
                  "Parameters field is required for resource ARN: arn:aws:states:::lambda:invoke",
                  "/States/X")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Task", "End": true, "Parameters": {"MessageBody.$": "$"},
                          "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"})"),
              ElementsAre(schema("The field 'QueueUrl' is required but was missing",
                                 "/States/X/Parameters")));
}

TEST(TemplateTest, ReportsTheFieldOfTheStateAndTheKeyInside) {
  EXPECT_THAT(
      errors_of_state(task(R"("Parameters": {"parsed.$": "nonsense", "deep": [{"er.$": 5}]})")),
      ElementsAre(schema("The value for the field 'parsed.$' must be a valid JSONPath or a valid "
                         "intrinsic function call",
                         "/States/X/Parameters"),
                  schema("The value for the field 'er.$' must be a valid JSONPath or a valid "
                         "intrinsic function call",
                         "/States/X/Parameters")));
}

}  // namespace
}  // namespace perdure::asl

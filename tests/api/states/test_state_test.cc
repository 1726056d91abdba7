#include <gtest/gtest.h>

#include "tests/api/states/states_fixture.h"

namespace perdure::api {
namespace {

constexpr const char* task =
    R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Next":"Then",
    "InputPath":"$.a","Parameters":{"QueueUrl.$":"$.q","MessageBody":"x"},
    "ResultSelector":{"id.$":"$.MessageId"},"ResultPath":"$.sent",
    "Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":2,"BackoffRate":3,"MaxAttempts":2}],
    "Catch":[{"ErrorEquals":["Other"],"Next":"No"},
             {"ErrorEquals":["Busy"],"Next":"Later","ResultPath":"$.e"}]})";
constexpr const char* map = R"({"Type":"Map","ItemsPath":"$.l","MaxConcurrency":1,
    "ToleratedFailureCount":1,"End":true,"ItemSelector":{"i.$":"$$.Map.Item.Index",
      "v.$":"$$.Map.Item.Value","n.$":"$.n"},"ItemProcessor":{
      "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
      "StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}})";

class TestStateTest : public StatesTest {
 protected:
  Json test(const std::string& definition, const std::string& input, Json more = Json::object()) {
    more["definition"] = definition;
    more["input"] = input;
    return ok("TestState", more);
  }
  std::string refusal(const std::string& definition, Json more) {
    more["definition"] = definition;
    return failure("TestState", more);
  }
  static Json mock(const std::string& error, int attempts) {
    return {{"mock", {{"errorOutput", {{"error", error}, {"cause", "c"}}}}},
            {"stateConfiguration", {{"retrierRetryCount", attempts}}},
            {"inspectionLevel", "DEBUG"}};
  }
  static constexpr const char* a = R"({"a":{"q":"url"}})";
};

TEST_F(TestStateTest, RunsAStateWhoseTargetsDoNotExist) {
  EXPECT_EQ(test(R"({"Type":"Pass","Result":{"b":1.0},"ResultPath":"$.x","Next":"Nowhere"})",
                 R"({"z":1,"a":2})"),
            Json({{"status", "SUCCEEDED"},
                  {"nextState", "Nowhere"},
                  {"output", R"({"z":1,"a":2,"x":{"b":1.0}})"}}));
  EXPECT_EQ(test(R"({"Type":"Choice","Default":"D","Choices":[
                   {"Variable":"$.n","NumericEquals":1,"Next":"One"}]})",
                 R"({"n":1})")["nextState"],
            "One");
  EXPECT_EQ(test(R"({"Type":"Wait","Seconds":99999,"End":true})", "{}")["status"], "SUCCEEDED");
  const Json failed = test(R"({"Type":"Fail","Error":"E","Cause":"c"})", "{}");
  EXPECT_EQ(failed, Json({{"status", "FAILED"}, {"error", "E"}, {"cause", "c"}}));
}

TEST_F(TestStateTest, ShowsTheDataAtEveryStage) {
  Json more = {{"mock", {{"result", R"({"MessageId":"7"})"}}}, {"inspectionLevel", "TRACE"}};
  const Json answer = test(task, a, more);
  EXPECT_EQ(answer["status"], "SUCCEEDED");
  EXPECT_EQ(answer["nextState"], "Then");
  EXPECT_EQ(answer["output"], R"({"a":{"q":"url"},"sent":{"id":"7"}})");
  EXPECT_EQ(answer["inspectionData"],
            Json({{"input", a},
                  {"afterInputPath", R"({"q":"url"})"},
                  {"afterParameters", R"({"QueueUrl":"url","MessageBody":"x"})"},
                  {"result", R"({"MessageId":"7"})"},
                  {"afterResultSelector", R"({"id":"7"})"},
                  {"afterResultPath", R"({"a":{"q":"url"},"sent":{"id":"7"}})"}}));
  more["inspectionLevel"] = "INFO";
  EXPECT_FALSE(test(task, a, more).contains("inspectionData"));
}

TEST_F(TestStateTest, SaysWhetherAnErrorIsRetriedCaughtOrTheEnd) {
  const Json first = test(task, a, mock("Busy", 0));
  EXPECT_EQ(first["status"], "RETRIABLE");
  EXPECT_EQ(first["inspectionData"]["errorDetails"],
            Json({{"retryIndex", 0}, {"retryBackoffIntervalSeconds", 2}}));
  EXPECT_EQ(test(task, a, mock("Busy", 1))["inspectionData"]["errorDetails"],
            Json({{"retryIndex", 0}, {"retryBackoffIntervalSeconds", 6}}));
  const Json caught = test(task, a, mock("Busy", 2));
  EXPECT_EQ(caught["status"], "CAUGHT_ERROR");
  EXPECT_EQ(caught["nextState"], "Later");
  EXPECT_EQ(caught["error"], "Busy");
  EXPECT_EQ(caught["output"], R"({"a":{"q":"url"},"e":{"Error":"Busy","Cause":"c"}})");
  EXPECT_EQ(caught["inspectionData"]["errorDetails"], Json({{"retryIndex", 0}, {"catchIndex", 1}}));
  const Json failed = test(task, a, mock("Else", 0));
  EXPECT_EQ(failed["status"], "FAILED");
  EXPECT_EQ(failed["error"], "Else");
}

TEST_F(TestStateTest, AMapIsMocked) {
  const std::string input = R"({"l":["a","b"],"n":7})";
  Json more = {{"mock", {{"result", "[1,2]"}}},
               {"stateConfiguration", {{"mapIterationFailureCount", 1}}},
               {"inspectionLevel", "DEBUG"}};
  const Json answer = test(map, input, more);
  EXPECT_EQ(answer["output"], "[1,2]");
  EXPECT_EQ(answer["inspectionData"],
            Json({{"input", input},
                  {"afterInputPath", input},
                  {"afterItemsPath", R"(["a","b"])"},
                  {"afterItemSelector", R"([{"i":0,"v":"a","n":7},{"i":1,"v":"b","n":7}])"},
                  {"afterResultSelector", "[1,2]"},
                  {"afterResultPath", "[1,2]"},
                  {"maxConcurrency", 1},
                  {"toleratedFailureCount", 1}}));
  more["stateConfiguration"]["mapIterationFailureCount"] = 2;
  EXPECT_EQ(test(map, input, more)["error"], "States.ExceedToleratedFailureThreshold");
  more["stateConfiguration"]["mapIterationFailureCount"] = 3;
  more["input"] = input;
  EXPECT_EQ(refusal(map, more),
            "ValidationException: Map iteration failure count must be less than or equal to the "
            "number of Map iterations");
}

TEST_F(TestStateTest, BoundsOfAMapMayBeComputed) {
  const std::string jsonata = R"({"Type":"Map","QueryLanguage":"JSONata","Items":"{% [1,2,3] %}",
    "MaxConcurrency":"{% 1+1 %}","ToleratedFailurePercentage":"{% 30 + 10 %}","End":true,
    "ItemSelector":"{% $states.context.Map.Item.Value * 2 %}","ItemProcessor":{
      "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
      "StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}})";
  Json more = {{"mock", {{"result", "[1,2,3]"}}},
               {"stateConfiguration", {{"mapIterationFailureCount", 1}}},
               {"inspectionLevel", "TRACE"}};
  EXPECT_EQ(test(jsonata, "{}", more)["inspectionData"],
            Json({{"input", "{}"},
                  {"afterItemSelector", "[2,4,6]"},
                  {"maxConcurrency", 2},
                  {"toleratedFailurePercentage", 40.0}}));
  more["stateConfiguration"]["mapIterationFailureCount"] = 2;
  EXPECT_EQ(test(jsonata, "{}", more)["error"], "States.ExceedToleratedFailureThreshold");
}

TEST_F(TestStateTest, AStateInsideAMapIsTheFirstIteration) {
  const std::string machine = R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,
    "ItemProcessor":{"StartAt":"In","States":{
      "In":{"Type":"Pass","Parameters":{"item.$":"$$.Map.Item"},"End":true}}}}}})";
  EXPECT_EQ(test(machine, "[5]", {{"stateName", "In"}})["output"],
            R"({"item":{"Index":0,"Value":[5]}})");
}

TEST_F(TestStateTest, RetriesBeforeCountWithoutBeingMade) {
  Json more = mock("Busy", 2'000'000'000);
  const std::string many = R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage",
    "Parameters":{"QueueUrl":"u","MessageBody.$":"$$.State.RetryCount"},"End":true,
    "Retry":[{"ErrorEquals":["Busy"],"MaxAttempts":99999999}]})";
  const Json failed = test(many, "{}", more);
  EXPECT_EQ(failed["status"], "FAILED");
  EXPECT_EQ(failed["inspectionData"]["errorDetails"], Json::object({{"retryIndex", 0}}));
  EXPECT_EQ(failed["inspectionData"]["afterParameters"],
            R"({"QueueUrl":"u","MessageBody":2000000000})");
}

TEST_F(TestStateTest, FailuresOfItsOwnFieldsAreRetriedAndCaughtToo) {
  const std::string retried = R"({"Type":"Task","QueryLanguage":"JSONata","End":true,
    "Resource":"arn:aws:states:::sqs:sendMessage","Output":"{% $error('no') %}",
    "Arguments":{"QueueUrl":"u","MessageBody":"b"},
    "Retry":[{"ErrorEquals":["States.QueryEvaluationError"],"IntervalSeconds":4}]})";
  const Json answer = test(retried, "{}", {{"mock", {{"result", "{}"}}}});
  EXPECT_EQ(answer["status"], "RETRIABLE");
  EXPECT_EQ(answer["error"], "States.QueryEvaluationError");
  EXPECT_EQ(answer["cause"].get<std::string>().find("An error occurred"), std::string::npos);
}

TEST_F(TestStateTest, MocksAreCheckedAgainstTheService) {
  EXPECT_EQ(refusal(task, {{"input", a}, {"mock", {{"result", R"({"MessageId":7})"}}}}),
            "ValidationException: Mock result schema validation error: Field 'MessageId' must be a "
            "string");
  const Json none = {{"mock", {{"result", R"({"MessageId":7})"}, {"fieldValidationMode", "NONE"}}}};
  EXPECT_EQ(test(task, a, none)["status"], "SUCCEEDED");
  std::string callback = task;
  callback.replace(callback.find("sendMessage"), 11, "sendMessage.waitForTaskToken");
  callback.replace(callback.find(R"("x")"), 3, R"({"t.$":"$$.Task.Token"})");
  EXPECT_EQ(test(callback, a, {{"mock", {{"result", R"({"MessageId":7})"}}}})["status"],
            "SUCCEEDED");
}

TEST_F(TestStateTest, TakesAStateOfAMachineByName) {
  const std::string machine = R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,
    "ItemProcessor":{"StartAt":"In","States":{
      "In":{"Type":"Pass","Parameters":{"v.$":"$var"},"End":true}}}}}})";
  EXPECT_EQ(test(machine, "{}", {{"stateName", "In"}, {"variables", R"({"var":[1]})"}})["output"],
            R"({"v":[1]})");
  const std::string jsonata = R"({"StartAt":"A","QueryLanguage":"JSONata","States":{
    "A":{"Type":"Pass","Next":"B","Output":"{% 1 %}","Assign":{"x":"{% $y + 1 %}"}},
    "B":{"Type":"Succeed"}}})";
  const Json named = test(jsonata, "{}",
                          {{"stateName", "A"},
                           {"variables", R"({"y":1,"z.$":"{% no %}"})"},
                           {"inspectionLevel", "DEBUG"}});
  EXPECT_EQ(named["output"], "1");
  EXPECT_EQ(named["nextState"], "B");
  EXPECT_EQ(named["inspectionData"]["variables"], R"({"x":2,"y":1,"z.$":"{% no %}"})");
  EXPECT_EQ(refusal(machine, {{"stateName", "Out"}}),
            "ValidationException: State not found in definition");
}

TEST_F(TestStateTest, RefusesWhatCannotBeTested) {
  const std::string pass = R"({"Type":"Pass","End":true})";
  const Json result = {{"mock", {{"result", "[]"}}}};
  EXPECT_EQ(refusal(pass, result),
            "ValidationException: State type 'Pass' is not supported when a mock is specified");
  EXPECT_EQ(refusal(map, Json::object()),
            "InvalidDefinition: TestState API does not support Map or Parallel states. Supported "
            "state types include: [Task, Wait, Pass, Succeed, Fail, Choice]");
  EXPECT_EQ(refusal(task, {{"mock", {{"result", "no"}}}}),
            "ValidationException: Mocked result must be valid JSON");
  EXPECT_EQ(refusal(map, {{"mock", {{"result", "{}"}}}}),
            "ValidationException: Mocked result must be an array.");
  EXPECT_NE(refusal(task, {{"mock", {{"result", "{}"}}}, {"context", R"({"Task":{}})"}})
                .find("Context object contains 'Task'"),
            std::string::npos);
  EXPECT_EQ(refusal(pass, {{"context", "{}"}}),
            "ValidationException: TestState does not support Context when a mock is not "
            "specified.");
  EXPECT_EQ(
      refusal(task, {{"mock", {{"result", "{}"}}}, {"context", R"({"State":{"RetryCount":"1"}})"}}),
      "ValidationException: Invalid Context object provided: State.RetryCount must be a "
      "number");
  EXPECT_EQ(refusal(map, {{"mock", {{"errorOutput", Json::object()}}},
                          {"stateConfiguration", {{"errorCausedByState", "Q"}}}}),
            "ValidationException: State not found in definition");
  EXPECT_NE(refusal(pass, {{"stateName", "StateName"}}).find("InvalidDefinition"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"StartAt":"A","States":{"A":{"Type":"Succeed"}}})", Json::object())
                .find("InvalidDefinition"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"Type":"Nonsense"})", Json::object()).find("/States/StateName/Type"),
            std::string::npos);
  EXPECT_NE(refusal("{", Json::object()).find("InvalidDefinition"), std::string::npos);
}

}  // namespace
}  // namespace perdure::api

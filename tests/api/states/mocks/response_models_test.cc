#include "api/states/mocks/response_models.h"

#include <gtest/gtest.h>

namespace perdure::api {
namespace {

// The refusal's text behind what they all begin with; "" if the result is taken.
std::string refusal(const std::string& integration, const std::string& result,
                    MockValidation validation = MockValidation::strict) {
  const auto checked = check_mocked_response(integration, *parse_json(result), validation);
  if (checked) return "";
  EXPECT_EQ(checked.error().name, "ValidationException");
  const std::string prefix = "Mock result schema validation error: ";
  EXPECT_EQ(checked.error().cause.rfind(prefix, 0), 0u);
  return checked.error().cause.substr(prefix.size());
}

TEST(ResponseModels, RequiredMembersAreAskedForInStrictModeOnly) {
  EXPECT_EQ(refusal("states:startExecution", "{}"), "Required field 'ExecutionArn' is missing");
  EXPECT_EQ(refusal("states:startExecution", R"({"ExecutionArn":"a"})"),
            "Required field 'StartDate' is missing");
  EXPECT_EQ(refusal("states:startExecution", R"({"executionArn":"a","startDate":"b"})"),
            "Required field 'ExecutionArn' is missing");
  EXPECT_EQ(refusal("states:startExecution", "{}", MockValidation::present), "");
  EXPECT_EQ(refusal("states:startExecution", R"({"ExecutionArn":"a","StartDate":"b"})"), "");
}

TEST(ResponseModels, TypesAreCheckedToTheBottom) {
  EXPECT_EQ(refusal("lambda:invoke", R"({"StatusCode":"200"})"),
            "Field 'StatusCode' must be a number");
  EXPECT_EQ(refusal("states:startExecution", R"({"ExecutionArn":"a","StartDate":7})"),
            "Field 'StartDate' must be a string");
  EXPECT_EQ(refusal("events:putEvents", R"({"Entries":{}})"), "Field 'Entries' must be an array");
  EXPECT_EQ(refusal("events:putEvents", R"({"Entries":[{"EventId":"a"},{"EventId":[]}]})",
                    MockValidation::present),
            "Field 'EventId' must be a string");
  EXPECT_EQ(refusal("dynamodb:getItem", R"({"Item":{"id":{"S":"a"},"n":{"L":[{"S":1}]}}})"),
            "Field 'S' must be a string");
  EXPECT_EQ(refusal("dynamodb:getItem", R"({"Item":{"id":"a"}})"),
            "Field 'Item' must be an object");
  EXPECT_EQ(refusal("dynamodb:getItem", R"({"Item":{"id":{"BOOL":"yes"}}})"),
            "Field 'BOOL' must be a boolean");
  EXPECT_EQ(refusal("events:putEvents", R"({"Entries":[{"EventId":1}]})", MockValidation::none),
            "");
}

TEST(ResponseModels, BoundsOfLengthsAndValues) {
  const auto memory = [](int mib) {
    return refusal("aws-sdk:lambda:getFunction",
                   R"({"Configuration":{"MemorySize":)" + std::to_string(mib) + "}}");
  };
  EXPECT_EQ(memory(127), "Field 'MemorySize' is less than the minimum value");
  EXPECT_EQ(memory(128), "");
  EXPECT_EQ(memory(10'240), "");
  EXPECT_EQ(memory(10'241), "Field 'MemorySize' exceeds the maximum value");
  EXPECT_EQ(refusal("aws-sdk:kms:encrypt", R"({"CiphertextBlob":""})"),
            "Field 'CiphertextBlob' is smaller than the minimum length");
  const std::string longest = "\"" + std::string(6144, 'a');
  EXPECT_EQ(refusal("aws-sdk:kms:encrypt", "{\"CiphertextBlob\":" + longest + "\"}"), "");
  EXPECT_EQ(refusal("aws-sdk:kms:encrypt", "{\"CiphertextBlob\":" + longest + "a\"}"),
            "Field 'CiphertextBlob' exceeds the maximum length");
}

TEST(ResponseModels, WhatIsNotInTheModelIsNotLookedAt) {
  EXPECT_EQ(refusal("events:putEvents", R"({"random":"json"})"), "");
  EXPECT_EQ(refusal("lambda:invoke", R"({"Payload":{"any":["thing"]}})"), "");
  EXPECT_EQ(refusal("aws-sdk:lambda:invoke", R"({"Payload":{}})"),
            "Field 'Payload' must be a string");
  EXPECT_EQ(refusal("aws-sdk:nothing:known", "[]"), "");
  EXPECT_EQ(refusal("aws-sdk:sqs:deleteMessage", "[]"), "");
  EXPECT_EQ(refusal("http:invoke", "7"), "");
  EXPECT_EQ(refusal("lambda:invoke\nlambda#x", "{}"), "");
}

TEST(ResponseModels, AJobIsWhatIsAskedFor) {
  const std::string job = R"({"ExecutionArn":"a","StateMachineArn":"b","Status":"SUCCEEDED",
                              "StartDate":"c","Output":)";
  EXPECT_EQ(refusal("states:startExecution.sync", job + R"("{}"})"), "");
  EXPECT_EQ(refusal("states:startExecution.sync", job + "{}}"), "Field 'Output' must be a string");
  EXPECT_EQ(refusal("states:startExecution.sync:2", job + "{}}"), "");
  EXPECT_EQ(refusal("states:startExecution.sync:2", "{}"),
            "Required field 'ExecutionArn' is missing");
}

TEST(ResponseModels, SdkIntegrationsMayNameMembersAsTheJavaSdkDoes) {
  EXPECT_EQ(refusal("aws-sdk:sqs:sendMessage", R"({"Md5OfMessageBody":1})"),
            "Field 'Md5OfMessageBody' must be a string");
  EXPECT_EQ(refusal("sqs:sendMessage", R"({"MD5OfMessageBody":1})"),
            "Field 'MD5OfMessageBody' must be a string");
}

}  // namespace
}  // namespace perdure::api

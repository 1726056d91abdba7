// Event source mappings and settings with one value.

#include "tests/api/lambda/catalog_fixture.h"

namespace perdure::api {
namespace {

class OtherSettingsTest : public CatalogTest {
 protected:
  static constexpr char mappings[] = "/2015-03-31/event-source-mappings";
  Json refusal(Json body) {
    body["FunctionName"] = body.value("FunctionName", "f");
    const auto [status, text] = call("POST", mappings, body);
    EXPECT_EQ(status, 400);
    return text;
  }
};

TEST_F(OtherSettingsTest, ASourceThatDoesNotExistIsRefused) {
  const std::string wrong = "InvalidParameterValueException: ";
  const std::string queue = "arn:aws:sqs:us-east-1:000000000000:q";
  const std::string stream = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
  EXPECT_EQ(refusal({{"EventSourceArn", queue}}),
            wrong +
                "Error occurred while ReceiveMessage. SQS Error Code: "
                "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified "
                "queue does not exist.");
  EXPECT_EQ(refusal({{"EventSourceArn", queue}, {"FunctionName", "none"}}),
            wrong + "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none");
  EXPECT_EQ(refusal({{"EventSourceArn", queue}, {"BatchSize", 11}}),
            wrong +
                "Maximum batch window in seconds must be greater than 0 if maximum batch size "
                "is greater than 10");
  EXPECT_EQ(refusal(Json::object()), wrong + "Unrecognized event source.");
  EXPECT_EQ(refusal({{"EventSourceArn", stream}}),
            wrong +
                "1 validation error detected: Value null at 'startingPosition' failed to "
                "satisfy constraint: Member must not be null.");
  EXPECT_EQ(refusal({{"EventSourceArn", stream}, {"StartingPosition", "LATEST"}}),
            wrong + "Stream not found: " + stream);
  EXPECT_EQ(call("GET", mappings).second["EventSourceMappings"], Json::array());
  EXPECT_EQ(call("GET", std::string(mappings) + "?FunctionName=none").first, 404);
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    EXPECT_EQ(call(method, std::string(mappings) + "/0").second,
              "ResourceNotFoundException: The resource you requested does not exist.");
  }
}

TEST_F(OtherSettingsTest, WhatHasOneValueSaysSo) {
  const std::string runtime = "/2021-07-20/functions/f/runtime-management-config";
  EXPECT_EQ(call("GET", runtime).second["UpdateRuntimeOn"], "Auto");
  EXPECT_EQ(call("PUT", runtime, {{"UpdateRuntimeOn", "Auto"}}).first, 200);
  EXPECT_EQ(call("PUT", runtime, {{"UpdateRuntimeOn", "Manual"}}).first, 400);
  const std::string loops = "/2024-08-31/functions/f/recursion-config";
  EXPECT_EQ(call("GET", loops).second["RecursiveLoop"], "Allow");
  EXPECT_EQ(call("PUT", loops, {{"RecursiveLoop", "Terminate"}}).first, 400);
  EXPECT_EQ(call("GET", "/2024-08-31/functions/none/recursion-config").first, 404);
  EXPECT_EQ(call("GET", "/2020-06-30/functions/f/code-signing-config").second, Json::object());
  EXPECT_EQ(call("GET", "/2020-04-22/code-signing-configs").second["CodeSigningConfigs"],
            Json::array());
}

}  // namespace
}  // namespace perdure::api

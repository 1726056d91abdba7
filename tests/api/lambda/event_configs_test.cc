#include "executors/functions/event_policy.h"
#include "tests/api/lambda/catalog_fixture.h"

namespace perdure::api {
namespace {

constexpr char function_arn[] = "arn:aws:lambda:us-east-1:000000000000:function:";

class EventConfigsTest : public CatalogTest {
 protected:
  static std::string path(const std::string& function = "f", const std::string& more = "") {
    return "/2019-09-25/functions/" + function + "/event-invoke-config" + more;
  }
  engine::InvocationPolicy policy(const std::string& function) {
    engine::AsyncInvocation invocation;
    invocation.function = function;
    return executors::invocation_policy(catalog(), invocation);
  }
  static Json destination(const char* side, const std::string& arn) {
    return {{"DestinationConfig", {{side, {{"Destination", arn}}}}}};
  }
};

TEST_F(EventConfigsTest, PutReplacesAndUpdateMerges) {
  const auto [status, put] = call("PUT", path(), {{"MaximumRetryAttempts", 0}});
  EXPECT_EQ(status, 200);
  EXPECT_EQ(put["FunctionArn"], std::string(function_arn) + "f:$LATEST");
  EXPECT_EQ(put["MaximumRetryAttempts"], 0);
  EXPECT_TRUE(put["LastModified"].is_number());
  EXPECT_EQ(put["DestinationConfig"],
            (Json{{"OnSuccess", Json::object()}, {"OnFailure", Json::object()}}));
  EXPECT_FALSE(put.contains("MaximumEventAgeInSeconds"));
  const Json g = destination("OnFailure", std::string(function_arn) + "g");
  const auto [updated, merged] = call("POST", path(), g);
  EXPECT_EQ(updated, 200);
  EXPECT_EQ(merged["MaximumRetryAttempts"], 0);
  EXPECT_EQ(merged["DestinationConfig"]["OnFailure"]["Destination"],
            std::string(function_arn) + "g");
  EXPECT_EQ(call("GET", path()).second, merged);
  const Json replaced = call("PUT", path(), {{"MaximumEventAgeInSeconds", 60}}).second;
  EXPECT_FALSE(replaced.contains("MaximumRetryAttempts"));
  EXPECT_EQ(replaced["DestinationConfig"]["OnFailure"], Json::object());
  EXPECT_EQ(call("DELETE", path()).first, 204);
  EXPECT_EQ(call("GET", path()).second, "ResourceNotFoundException: The function " +
                                            std::string(function_arn) +
                                            "f:$LATEST doesn't have an EventInvokeConfig");
}

TEST_F(EventConfigsTest, EachQualifierHasItsOwn) {
  EXPECT_EQ(call("PUT", path("f:live"), {{"MaximumRetryAttempts", 1}}).first, 200);
  EXPECT_EQ(call("PUT", path("f", "?Qualifier=1"), {{"MaximumRetryAttempts", 2}}).first, 200);
  EXPECT_EQ(call("GET", path()).first, 404);
  EXPECT_EQ(policy("f").max_retries, 2);
  EXPECT_EQ(policy("f:live").max_retries, 1);
  EXPECT_EQ(policy("f:live").function_arn, std::string(function_arn) + "f:live");
  const Json page = call("GET", path("f", "/list?MaxItems=1")).second;
  EXPECT_EQ(page["FunctionEventInvokeConfigs"].size(), 1u);
  const Json next =
      call("GET", path("f", "/list?Marker=" + page["NextMarker"].get<std::string>())).second;
  EXPECT_EQ(next["FunctionEventInvokeConfigs"][0]["FunctionArn"],
            std::string(function_arn) + "f:live");
  // What goes with the alias, and with the function.
  catalog().remove_alias({{}, "f", ""}, "live", [](const auto& gone) { EXPECT_TRUE(gone); });
  EXPECT_EQ(call("GET", path("f:live")).first, 404);
  catalog().remove({}, "f", [](const auto& gone) { EXPECT_TRUE(gone); });
  EXPECT_TRUE(catalog().event_configs().all().empty());
  EXPECT_EQ(call("GET", path("f", "/list")).second,
            "ResourceNotFoundException: The function doesn't exist.");
}

TEST_F(EventConfigsTest, IsWhatTheQueueGoesBy) {
  Json config = destination("OnSuccess", "arn:aws:events:us-east-1:000000000000:event-bus/b");
  config["DestinationConfig"]["OnFailure"] = {{"Destination", "arn:aws:s3:::records"}};
  config["MaximumRetryAttempts"] = 1;
  config["MaximumEventAgeInSeconds"] = 90;
  EXPECT_EQ(call("PUT", path(), config).first, 200);
  const auto set = policy("f");
  EXPECT_EQ(set.max_retries, 1);
  EXPECT_EQ(set.max_age_ms, 90'000);
  EXPECT_EQ(set.on_success, "arn:aws:events:us-east-1:000000000000:event-bus/b");
  EXPECT_EQ(set.on_failure, "arn:aws:s3:::records");
  EXPECT_FALSE(set.stopped);
  catalog().change_beside(
      {{}, "f", ""},
      [](executors::FunctionConfiguration& function) -> Result<> {
        function.reserved_concurrency = 0;
        function.extra["DeadLetterConfig"] = {{"TargetArn", "arn:aws:sqs:us-east-1:0:q"}};
        return {};
      },
      [](const auto& changed) { EXPECT_TRUE(changed); });
  EXPECT_TRUE(policy("f:1").stopped);
  EXPECT_EQ(policy("f:1").dead_letter, "arn:aws:sqs:us-east-1:0:q");
  EXPECT_EQ(policy("none").max_age_ms, 6 * 3'600'000);
}

TEST_F(EventConfigsTest, ChecksInAwsWords) {
  const auto refusal = [&](const Json& body) { return call("PUT", path(), body).second; };
  const std::string wrong = "InvalidParameterValueException: ";
  EXPECT_EQ(refusal(Json::object()),
            wrong + "You must specify at least one of error handling or destination setting.");
  EXPECT_EQ(refusal(destination("OnFailure", std::string(function_arn) + "f")),
            wrong + "You can't specify the function as a destination for itself.");
  for (const std::string& arn : {std::string(function_arn) + "none",
                                 std::string("arn:aws:dynamodb:us-east-1:000000000000:table/t")}) {
    EXPECT_EQ(refusal(destination("OnFailure", arn)),
              wrong + "The destination ARN " + arn + " is invalid.");
  }
  EXPECT_EQ(refusal(destination("OnSuccess", "arn:aws:s3:::bucket")),
            wrong + "The destination ARN arn:aws:s3:::bucket is invalid.");
  EXPECT_NE(
      refusal({{"MaximumRetryAttempts", 3}}).get<std::string>().find("'maximumRetryAttempts'"),
      std::string::npos);
  EXPECT_EQ(call("PUT", path("none"), {{"MaximumRetryAttempts", 1}}).second,
            "ResourceNotFoundException: The function doesn't exist.");
  EXPECT_EQ(call("PUT", path("f:none"), {{"MaximumRetryAttempts", 1}}).first, 404);
  EXPECT_EQ(call("POST", path(), {{"MaximumRetryAttempts", 1}}).first, 404);
  EXPECT_EQ(call("DELETE", path()).first, 404);
}

}  // namespace
}  // namespace perdure::api

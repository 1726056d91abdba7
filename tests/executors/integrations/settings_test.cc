#include "executors/integrations/settings.h"

#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

TEST(IntegrationSettings, are_read_from_json) {
  const auto settings = IntegrationSettings::parse(R"({
      "reach": ["private"], "models": "/m", "caFile": "/c", "pollSeconds": 0.5,
      "credentials": {"accessKeyId": "k", "secretAccessKey": "s"},
      "routes": [
        {"resource": "sqs:*", "endpoint": "https://sqs.{region}.example", "region": "eu-west-1"},
        {"resource": "aws-sdk:*:get*", "endpoint": "http://localhost:4566", "instead": true},
        {"resource": "*", "plugin": "http://127.0.0.1:9/do",
         "credentials": {"accessKeyId": "k2", "secretAccessKey": "s2", "sessionToken": "t"}}]})");
  ASSERT_TRUE(settings) << settings.error().cause;
  EXPECT_EQ(settings->reach, std::vector<std::string>{"private"});
  EXPECT_EQ(settings->poll_ms, 500);
  EXPECT_EQ(settings->credentials->access_key, "k");
  EXPECT_EQ(settings->route("sqs:sendMessage")->region, "eu-west-1");
  EXPECT_TRUE(settings->route("aws-sdk:s3:getObject")->instead);
  EXPECT_EQ(settings->route("aws-sdk:s3:putObject")->credentials->session_token, "t");
}

TEST(IntegrationSettings, nothing_is_routed_and_loopback_reached_where_nothing_is_said) {
  const auto settings = IntegrationSettings::parse("{}");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->route("sqs:sendMessage"), nullptr);
  EXPECT_EQ(settings->reach, std::vector<std::string>{"loopback"});
}

TEST(IntegrationSettings, a_star_is_any_text) {
  const ForwardRoute route{.resource = "a*b*c", .endpoint = "", .plugin = "", .region = ""};
  for (const char* text : {"abc", "axbyc", "abcbc"}) EXPECT_TRUE(route.matches(text)) << text;
  for (const char* text : {"", "ac", "abcd", "xabc"}) EXPECT_FALSE(route.matches(text)) << text;
}

TEST(IntegrationSettings, what_is_not_understood_is_refused) {
  const char* wrong[] = {
      "",
      "[]",
      "{\"rotues\": []}",
      R"({"reach": "loopback"})",
      R"({"reach": ["everything"]})",
      R"({"pollSeconds": 0})",
      R"({"credentials": {"accessKeyId": "k"}})",
      R"({"routes": {}})",
      R"({"routes": [{}]})",
      R"({"routes": [{"resource": "a"}]})",
      R"({"routes": [{"resource": "a", "endpoint": "http://h", "plugin": "http://h"}]})",
      R"({"routes": [{"resource": "a", "endpoint": "aws"}]})",
      R"({"routes": [{"resource": "a", "endpoint": "http://h", "Region": "x"}]})",
      R"({"routes": [{"resource": "a", "endpoint": "http://h", "instead": 1}]})"};
  for (const char* text : wrong) EXPECT_FALSE(IntegrationSettings::parse(text)) << text;
}

}  // namespace
}  // namespace perdure::executors

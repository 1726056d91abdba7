#include "api/lambda/lambda.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "tests/api/lambda/fake_runtime.h"
#include "tests/api/wire.h"

namespace perdure::api {
namespace {

using executors::InvokeRequest;
using executors::InvokeResult;

class LambdaTest : public ::testing::Test {
 protected:
  LambdaTest() {
    wire_.router.add(lambda_service(
        {runtime_, clock_,
         [this](InvokeRequest request, auto done) {
           later_.push_back(std::move(request));
           done("request-1");
         },
         [](auto&, auto& bucket, auto& key, int64_t) { return object(bucket, key); }}));
  }
  static Result<std::string> object(const std::string& bucket, const std::string& key) {
    if (bucket == "code" && key == "f.zip") return std::string("zipped");
    return Error{ErrorKind::not_found, "NoSuchKey", "The specified key does not exist."};
  }
  Json create_body() {
    return {{"FunctionName", "f"},
            {"Runtime", "python3.12"},
            {"Handler", "app.handler"},
            {"Role", "arn:aws:iam::000000000000:role/r"},
            {"Code", Json::object({{"ZipFile", base64_encode("zip bytes")}})}};
  }
  HttpResponse create(const Json& body) {
    return wire_.post("/2015-03-31/functions/", dump_json(body));
  }
  HttpResponse invoke(HttpHeaders headers = {}, const std::string& body = "{}") {
    return wire_.post("/2015-03-31/functions/f/invocations", body, std::move(headers));
  }
  std::string message(const HttpResponse& response) {
    return parse_json(response.body)->at("message").get<std::string>();
  }

  FakeRuntime runtime_;
  SystemClock clock_;
  std::vector<InvokeRequest> later_;
  Wire wire_;
};

TEST_F(LambdaTest, Creates) {
  Json body = create_body();
  body["Environment"] = Json::object({{"Variables", Json::object({{"KEY", "value"}})}});
  body["Tags"] = Json::object({{"team", "a"}});
  const HttpResponse response = create(body);
  EXPECT_EQ(response.status, 201);
  const Json json = *parse_json(response.body);
  EXPECT_EQ(json["State"], "Active");
  EXPECT_EQ(json["LastModified"], "2025-11-21T05:27:49.123+0000");
  EXPECT_EQ(json["Environment"]["Variables"]["KEY"], "value");
  EXPECT_FALSE(json.contains("Tags"));
  EXPECT_EQ(std::get<executors::ZipCode>(runtime_.created.code).bytes, "zip bytes");
  const Json shown = *parse_json(wire_.get("/2015-03-31/functions/f").body);
  EXPECT_EQ(shown["Tags"]["team"], "a");
}

TEST_F(LambdaTest, TakesCodeFromAnObject) {
  Json body = create_body();
  body["Code"] = Json::object({{"S3Bucket", "code"}, {"S3Key", "f.zip"}});
  EXPECT_EQ(create(body).status, 201);
  EXPECT_EQ(std::get<executors::ZipCode>(runtime_.created.code).bytes, "zipped");
  body["Code"]["S3Key"] = "none";
  EXPECT_EQ(message(create(body)),
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The "
            "specified key does not exist.");
}

TEST_F(LambdaTest, ChecksInAwsWords) {
  Json body = create_body();
  body["MemorySize"] = 1;
  EXPECT_EQ(message(create(body)),
            "1 validation error detected: Value '1' at 'memorySize' failed to satisfy constraint: "
            "Member must have value greater than or equal to 128");
  body = create_body();
  body["FunctionName"] = "a b";
  EXPECT_NE(message(create(body)).find("at 'functionName' failed to satisfy constraint"),
            std::string::npos);
  body = create_body();
  body["Code"] = Json::object();
  EXPECT_EQ(message(create(body)), "Please provide a source for function code.");
  body = create_body();
  body["TracingConfig"]["Mode"] = "Sometimes";
  EXPECT_EQ(message(create(body)),
            "1 validation error detected: Value 'Sometimes' at 'tracingConfig.mode' failed to "
            "satisfy constraint: Member must satisfy enum value set: [Active, PassThrough]");
  for (const Json& wrong :
       {Json{{"DeadLetterConfig", {{"TargetArn", "queue"}}}}, Json{{"KMSKeyArn", "key"}},
        Json{{"FileSystemConfigs", {{{"Arn", "a"}, {"LocalMountPath", "/a"}}}}}}) {
    body = create_body();
    body.update(wrong);
    EXPECT_EQ(create(body).headers.get("x-amzn-errortype"), "ValidationException") << wrong;
  }
  body = create_body();
  body["Code"] = Json::object({{"ZipFile", "***"}});
  EXPECT_EQ(create(body).headers.get("x-amzn-errortype"), "SerializationException");
  EXPECT_TRUE(runtime_.functions.empty());
}

TEST_F(LambdaTest, WhatIsNotSupportedIsRefused) {
  Json body = create_body();
  body["PackageType"] = "Image";
  EXPECT_EQ(message(create(body)), "Container images are not supported: use PackageType Zip");
  for (const char* member :
       {"ImageConfig", "DurableConfig", "TenancyConfig", "CapacityProviderConfig", "PublishTo"}) {
    body = create_body();
    body[member] = Json::object();
    EXPECT_EQ(create(body).headers.get("x-amzn-errortype"), "InvalidParameterValueException");
    EXPECT_NE(message(create(body)).find(member), std::string::npos);
  }
  body = create_body();
  body["CodeSigningConfigArn"] = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0";
  EXPECT_EQ(create(body).headers.get("x-amzn-errortype"), "CodeSigningConfigNotFoundException");
  EXPECT_TRUE(runtime_.functions.empty());
}

TEST_F(LambdaTest, LayersOfAFunctionReachTheRuntime) {
  const std::string arn = "arn:aws:lambda:us-east-1:000000000000:layer:l:1";
  Json body = create_body();
  body["Layers"] = {arn};
  EXPECT_EQ(create(body).status, 201);
  EXPECT_EQ(runtime_.created.layers, std::vector<std::string>{arn});
}

TEST_F(LambdaTest, Invokes) {
  create(create_body());
  runtime_.result->payload = "[1, 2]";
  runtime_.result->log_tail = "END\n";
  const HttpResponse response =
      invoke({{"X-Amz-Log-Type", "Tail"}, {"X-Amz-Client-Context", base64_encode("{\"c\":1}")}},
             "not looked at");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "[1, 2]");
  EXPECT_EQ(response.headers.get("x-amz-executed-version"), "$LATEST");
  EXPECT_EQ(response.headers.get("x-amz-log-result"), base64_encode("END\n"));
  EXPECT_FALSE(response.headers.find("x-amz-function-error"));
  EXPECT_EQ(runtime_.invoked.payload, "not looked at");
  EXPECT_EQ(runtime_.invoked.client_context, "{\"c\":1}");
  EXPECT_TRUE(runtime_.invoked.log_tail);
}

TEST_F(LambdaTest, FunctionErrorsAreAnswers) {
  runtime_.result->function_error = true;
  runtime_.result->payload = "{\"errorType\":\"E\"}";
  const HttpResponse response = invoke();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("x-amz-function-error"), "Unhandled");
}

TEST_F(LambdaTest, ErrorsHaveTheirStatus) {
  runtime_.result = Error{ErrorKind::throttled, "TooManyRequestsException", "Rate Exceeded."};
  const HttpResponse response = invoke();
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.get("x-amzn-errortype"), "TooManyRequestsException");
  EXPECT_EQ(wire_.get("/2015-03-31/functions/none").status, 404);
  EXPECT_EQ(invoke({{"X-Amz-Invocation-Type", "Sometimes"}}).status, 400);
}

TEST_F(LambdaTest, EventsAreHandedOver) {
  create(create_body());
  const HttpResponse response = invoke({{"X-Amz-Invocation-Type", "Event"}}, "{\"a\":1}");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "");
  ASSERT_EQ(later_.size(), 1u);
  EXPECT_EQ(later_[0].payload, "{\"a\":1}");
  EXPECT_EQ(invoke({{"X-Amz-Invocation-Type", "Event"}}, std::string((1 << 20) + 1, ' ')).status,
            413);
  EXPECT_EQ(invoke({{"X-Amz-Invocation-Type", "DryRun"}}).status, 204);
  EXPECT_EQ(later_.size(), 1u);
  EXPECT_EQ(wire_.post("/2014-11-13/functions/f/invoke-async/", "{\"b\":2}").status, 202);
  ASSERT_EQ(later_.size(), 2u);
  EXPECT_EQ(later_[1].payload, "{\"b\":2}");
  EXPECT_EQ(wire_.post("/2014-11-13/functions/none/invoke-async/", "{}").status, 404);
}

TEST_F(LambdaTest, ListPages) {
  for (const char* name : {"a", "b", "c"}) {
    Json body = create_body();
    body["FunctionName"] = name;
    create(body);
  }
  const Json first = *parse_json(wire_.get("/2015-03-31/functions/?MaxItems=2").body);
  EXPECT_EQ(first["Functions"].size(), 2u);
  const Json second = *parse_json(
      wire_.get("/2015-03-31/functions?Marker=" + first["NextMarker"].get<std::string>()).body);
  EXPECT_EQ(second["Functions"][0]["FunctionName"], "c");
  EXPECT_TRUE(second["NextMarker"].is_null());
  EXPECT_EQ(wire_.get("/2015-03-31/functions?MaxItems=x").status, 400);
}

TEST_F(LambdaTest, Updates) {
  create(create_body());
  const HttpResponse response = wire_.send("PUT", "/2015-03-31/functions/f/configuration",
                                           R"({"Timeout": 9, "RevisionId": "r"})", {});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(runtime_.updated.timeout_s, 9);
  EXPECT_EQ(runtime_.updated.expected_revision_id, "r");
  EXPECT_FALSE(runtime_.updated.memory_mib);
  EXPECT_EQ(wire_.send("DELETE", "/2015-03-31/functions/f", "", {}).status, 204);
}

TEST_F(LambdaTest, ATrialOfNewCodeIsRefusedLikeTheUpdate) {
  create(create_body());
  const auto attempt = [&](Json body) {
    body["DryRun"] = true;
    return wire_.send("PUT", "/2015-03-31/functions/f/code", dump_json(body), {});
  };
  runtime_.functions["f"].revision_id = "now";
  const HttpResponse outdated =
      attempt({{"S3Bucket", "code"}, {"S3Key", "f.zip"}, {"RevisionId", "then"}});
  EXPECT_EQ(outdated.status, 412);
  EXPECT_EQ(outdated.headers.get("x-amzn-errortype"), "PreconditionFailedException");
  EXPECT_NE(message(attempt({{"ZipFile", base64_encode("no archive")}})).find("Could not unzip"),
            std::string::npos);
  EXPECT_EQ(attempt({{"S3Bucket", "hot-reload"}, {"S3Key", "/tmp"}}).status, 200);
  EXPECT_EQ(
      attempt({{"S3Bucket", "hot-reload"}, {"S3Key", "/tmp"}, {"Architectures", {"m68k"}}}).status,
      400);
  EXPECT_FALSE(runtime_.updated.code) << "nothing has changed";
}

TEST_F(LambdaTest, WhatAnEmptyMemberTookAwayIsNotShown) {
  Json body = create_body();
  body["DeadLetterConfig"]["TargetArn"] = "";
  body["KMSKeyArn"] = "";
  const Json function = *parse_json(create(body).body);
  EXPECT_FALSE(function.contains("DeadLetterConfig"));
  EXPECT_FALSE(function.contains("KMSKeyArn"));
}

TEST_F(LambdaTest, SaysWhereThePackageIs) {
  create(create_body());
  runtime_.functions["f"].code_blob = "abc";
  const Json function = *parse_json(wire_.get("/2015-03-31/functions/f").body);
  EXPECT_EQ(function["Code"]["Location"],
            "http://localhost:4566/function-packages/"
            "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af%3A%24LATEST?package=abc");
}

TEST_F(LambdaTest, AQualifierNeverDeletesTheFunction) {
  runtime_.functions["f"].name = "f";
  for (const char* path : {"f?Qualifier=3", "f?Qualifier=$LATEST", "f:3", "f:3?Qualifier=4"}) {
    EXPECT_GE(wire_.send("DELETE", std::string("/2015-03-31/functions/") + path, "", {}).status,
              400)
        << path;
  }
  EXPECT_TRUE(runtime_.functions.contains("f"));
  EXPECT_EQ(wire_.send("DELETE", "/2015-03-31/functions/f", "", {}).status, 204);
  EXPECT_FALSE(runtime_.functions.contains("f"));
}

TEST_F(LambdaTest, APayloadThatIsTooLargeIsRefusedInLambdasWords) {
  const HttpResponse response =
      wire_.post("/2015-03-31/functions/f/invocations", std::string((6 << 20) + 1, ' '));
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.headers.get("x-amzn-errortype"), "RequestTooLargeException");
  EXPECT_NE(response.body.find("Request must be smaller than 6291456 bytes for the InvokeFunction "
                               "operation"),
            std::string::npos);
}

}  // namespace
}  // namespace perdure::api

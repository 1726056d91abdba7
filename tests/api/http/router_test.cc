#include "api/http/router.h"

#include <gtest/gtest.h>

#include "api/http/executions_route.h"
#include "api/http/health_route.h"
#include "api/http/run_route.h"
#include "api/states/states.h"
#include "tests/api/fake_engine.h"
#include "tests/api/wire.h"

namespace perdure::api {
namespace {

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    wire_.router.add(states_service({engine_, clock_}));
    wire_.router.add(std::make_unique<HealthRoute>(ready_));
    wire_.router.add(std::make_unique<RunRoute>(engine_, 262'144));
    wire_.router.add(std::make_unique<ExecutionsRoute>(engine_));
    engine::StateMachineRecord record;
    record.name = "m";
    record.arn = machine_arn;
    engine_.machines.records[record.arn] = record;
  }
  HttpResponse states(const std::string& operation, const std::string& body,
                      HttpHeaders headers = {}) {
    headers.add("X-Amz-Target", "AWSStepFunctions." + operation);
    return wire_.post("/", body, std::move(headers));
  }

  const std::string machine_arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
  FakeEngine engine_;
  SystemClock clock_;
  std::atomic<bool> ready_{true};
  Wire wire_;
};

TEST_F(RouterTest, SpeaksJson) {
  const HttpResponse response = states("ListStateMachines", "{}");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("content-type"), "application/x-amz-json-1.0");
  EXPECT_EQ(response.headers.get("x-amzn-requestid").size(), 36u);
  EXPECT_NE(response.body.find("\"stateMachines\":[{"), std::string::npos);
}

TEST_F(RouterTest, ErrorsAreAwsErrors) {
  HttpResponse response = states("DescribeExecution", R"({"executionArn":"x"})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            R"({"__type":"InvalidArn","message":"Invalid Arn: 'Invalid ARN prefix: x'"})");
  response = states("CreateRobot", "{}");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("\"UnknownOperationException\""), std::string::npos);
  for (const char* body : {"{", "{\"a\":\"\xFF\"}", "[]", "{} {}", "\"x\""}) {
    response = states("ListStateMachines", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_NE(response.body.find("\"SerializationException\""), std::string::npos) << response.body;
  }
  response = states("ListStateMachines", std::string(100'000, '['));
  EXPECT_NE(response.body.find("\"SerializationException\""), std::string::npos);
}

TEST_F(RouterTest, TheSignatureNamesTheTenant) {
  states(
      "StartExecution",
      R"({"stateMachineArn":"arn:aws:states:eu-west-1:222222222222:stateMachine:m"})",
      {{"Authorization",
        "AWS4-HMAC-SHA256 Credential=222222222222/20261121/eu-west-1/states/aws4_request, S=x"}});
  ASSERT_EQ(engine_.starts.size(), 1u);
  EXPECT_EQ(engine_.starts[0].tenant, (engine::Tenant{"222222222222", "eu-west-1"}));
}

TEST_F(RouterTest, FunctionsCallInTheNameOfTheirAccount) {
  wire_.router.set_key_owner([](std::string_view key) -> std::optional<Router::FunctionSession> {
    if (key != "PDW1") return std::nullopt;
    return Router::FunctionSession{{"333333333333", "us-east-1"}, "arn:of:f"};
  });
  states("StartExecution",
         R"({"stateMachineArn":"arn:aws:states:us-east-1:333333333333:)"
         R"(stateMachine:m"})",
         {{"Authorization",
           "AWS4-HMAC-SHA256 Credential=PDW1/20261121/us-east-1/states/aws4_request, S=x"}});
  ASSERT_EQ(engine_.starts.size(), 1u);
  EXPECT_EQ(engine_.starts[0].tenant.account, "333333333333");
}

TEST_F(RouterTest, ForeignPagesAreRefusedBeforeTheirBodyIsRead) {
  const HttpResponse response =
      states("ListStateMachines", "{}", {{"Origin", "http://evil.example"}});
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(wire_.get("/executions", {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
}

TEST_F(RouterTest, BodiesAreLimitedByRoute) {
  EXPECT_EQ(states("ListStateMachines", std::string((4 << 20) + 1, ' ')).status, 413);
  RequestHead head;
  head.method = "POST";
  head.headers.add("Host", "localhost");
  head.target = "/2015-03-31/functions/f/invocations";
  EXPECT_EQ(wire_.router.plan_body(head).limit_bytes, 6u << 20);
  head.target = "/2015-03-31/functions/";
  EXPECT_EQ(wire_.router.plan_body(head).limit_bytes, 70u << 20);
  head.target = "/";
  EXPECT_LE(wire_.router.plan_body(head).limit_bytes, 1u << 20);
}

TEST_F(RouterTest, UnknownServicesAndPaths) {
  EXPECT_EQ(wire_.post("/", "{}", {{"X-Amz-Target", "AmazonSQS.SendMessage"}}).status, 400);
  EXPECT_EQ(wire_.get("/nothing").status, 404);
}

TEST_F(RouterTest, ListsWhatIsQuarantined) {
  engine_.quarantine.push_back({"arn:of:one", "A row of its journal is missing."});
  const HttpResponse response = wire_.get("/executions?quarantined=true");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"quarantined":[{"execution":"arn:of:one",)"
                           R"("reason":"A row of its journal is missing."}]})");
}

TEST_F(RouterTest, Health) {
  EXPECT_EQ(wire_.get("/health/live").status, 200);
  EXPECT_EQ(wire_.get("/health/ready").status, 200);
  ready_ = false;
  EXPECT_EQ(wire_.get("/health/ready").status, 503);
  EXPECT_EQ(wire_.get("/_localstack/health").status, 200);
}

TEST_F(RouterTest, RunStarts) {
  const HttpResponse response = wire_.post("/run/m?name=n", "{\"a\":1}");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(parse_json(response.body)->at("executionArn"),
            "arn:aws:states:us-east-1:000000000000:execution:m:n");
  EXPECT_EQ(engine_.starts[0].input, "{\"a\":1}");
  EXPECT_EQ(wire_.post("/run/m", "").status, 202);
  EXPECT_EQ(engine_.starts[1].input, "{}");
  EXPECT_EQ(wire_.post("/run/m", "{").status, 400);
  EXPECT_EQ(wire_.post("/run/other", "").status, 404);
  EXPECT_EQ(wire_.get("/run/m").status, 405);
  EXPECT_EQ(wire_.post("/run/m?name=a%20b", "").status, 400);
}

TEST_F(RouterTest, RunWaits) {
  engine_.closed.status = asl::ExecutionStatus::succeeded;
  engine_.closed.output = asl::Payload("[1, 2.0]");
  HttpResponse response = wire_.post("/run/m?wait", "");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "[1, 2.0]");
  EXPECT_EQ(response.headers.get("x-perdure-execution"),
            "arn:aws:states:us-east-1:000000000000:execution:m:generated");
  engine_.closed.status = asl::ExecutionStatus::failed;
  engine_.closed.error = "E";
  response = wire_.post("/run/m?wait=1", "");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(parse_json(response.body)->at("error"), "E");
  engine_.closed.status = asl::ExecutionStatus::timed_out;
  EXPECT_EQ(wire_.post("/run/m?wait", "").status, 504);
}

TEST_F(RouterTest, ExecutionsAreShownByArnAndName) {
  const std::string arn = "arn:aws:states:us-east-1:000000000000:execution:m:n";
  engine::ExecutionView view;
  view.record.arn = arn;
  view.record.status = "SUCCEEDED";
  view.input = asl::Payload("{ }");
  view.output = asl::Payload("[0.0]");
  engine_.views[arn] = view;
  const HttpResponse response = wire_.get("/executions/" + arn);
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("\"output\":[0.0]}"), std::string::npos) << response.body;
  EXPECT_EQ(wire_.get("/executions/n").body, response.body);
  EXPECT_EQ(wire_.get("/executions/none").status, 404);
  EXPECT_EQ(wire_.get("/executions/n/history").status, 200);
  const HttpHeaders stranger{{"Authorization",
                              "AWS4-HMAC-SHA256 Credential=222222222222/20260101/us-east-1/states/"
                              "aws4_request, SignedHeaders=host, Signature=x"}};
  EXPECT_EQ(wire_.get("/executions/" + arn, stranger).status, 403);
  EXPECT_EQ(wire_.get("/executions/" + arn + "/history", stranger).status, 403);
}

}  // namespace
}  // namespace perdure::api

// Runtimes that a package brings with it: programs in several languages that know the Lambda
// Runtime API and nothing of us.
#include <filesystem>

#include "base/files.h"
#include "runtime_client_path.h"
#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

class CustomRuntimeTest : public RuntimeTest {
 protected:
  void SetUp() override { start(); }
  void custom(const std::string& name, const std::string& bootstrap, int64_t timeout_s = 10) {
    create(name, {{"bootstrap", bootstrap}}, "provided.al2023", "any", timeout_s);
  }
  void compiled(const std::string& name) { custom(name, *read_file(PERDURE_RUNTIME_CLIENT)); }
};

TEST_F(CustomRuntimeTest, ACompiledProgramServesInvocationsAndStaysWarm) {
  compiled("echo");
  auto first = invoke("echo", R"({"a":1})");
  ASSERT_TRUE(first) << first.error().cause;
  EXPECT_FALSE(first->function_error) << first->payload;
  EXPECT_GT(first->init_us, 0);
  EXPECT_EQ(member(first, "event"), R"({"a":1})");
  EXPECT_EQ(member(first, "id"), first->request_id);
  EXPECT_EQ(member(first, "arn"), "arn:aws:lambda:us-east-1:111111111111:function:echo");
  const int64_t left = std::stoll(member(first, "deadline")) - clock_.now_ms();
  EXPECT_TRUE(left > 5000 && left <= 10'000) << left;
  auto second = invoke("echo", "2");
  EXPECT_EQ(second->init_us, 0);
  EXPECT_EQ(member(second, "pid"), member(first, "pid"));
  EXPECT_EQ(member(invoke("echo", "\"chunked\""), "event"), "chunked");
  auto error = invoke("echo", "\"error\"");
  EXPECT_TRUE(error->function_error);
  EXPECT_EQ(error->payload, R"({"errorType":"Custom","errorMessage":"no"})");
  EXPECT_EQ(runtime().statistics().cold_starts, 1u);
}

TEST_F(CustomRuntimeTest, ItsEndIsToldAsAwsDoes) {
  compiled("end");
  auto exited = invoke("end", "\"exit\"");
  EXPECT_EQ(exited->payload, R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: )" +
                                 exited->request_id +
                                 R"( Error: Runtime exited with error: exit status 3"})");
  EXPECT_THAT(member(invoke("end", "\"crash\""), "errorMessage"),
              testing::EndsWith("Runtime exited with error: signal: aborted"));
  EXPECT_EQ(member(invoke("end", "1"), "event"), "1");
}

TEST_F(CustomRuntimeTest, AnEngineThatGoesAndComesIsNotNoticed) {
  compiled("slow");
  const std::string pid = member(invoke("slow", "0"), "pid");
  auto lost = begin("slow", "\"slow\"");
  usleep(200'000);
  start();
  EXPECT_EQ(runtime().statistics().busy, 1);
  for (int i = 0; i < 300 && runtime().statistics().busy > 0; ++i) usleep(20'000);
  EXPECT_EQ(runtime().statistics().busy, 0) << "its answer reached the new engine";
  auto next = invoke("slow", "1");
  EXPECT_EQ(member(next, "pid"), pid);
  EXPECT_EQ(runtime().statistics().cold_starts, 0u);
}

TEST_F(CustomRuntimeTest, AShellScriptIsARuntime) {
  if (!file_exists("/usr/bin/curl")) GTEST_SKIP() << "curl is not installed";
  custom("shell", R"(#!/bin/sh
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
  head=$(mktemp)
  event=$(curl -sS -L -D "$head" "$api/next")
  id=$(grep -i lambda-runtime-aws-request-id "$head" | tr -d '[:space:]' | cut -d: -f2)
  rm "$head"
  echo "handling $event"
  curl -sS -o /dev/null "$api/$id/response" -d "{\"got\":$event,\"handler\":\"$_HANDLER\"}"
done
)");
  auto first = invoke("shell", "[1,2]", true);
  EXPECT_EQ(member(first, "got"), "[1,2]");
  EXPECT_EQ(member(first, "handler"), "any");
  EXPECT_THAT(first->log_tail, testing::HasSubstr("handling [1,2]\n"));
  EXPECT_EQ(member(invoke("shell", "3"), "got"), "3");
}

// One call after the other, each with the status and the body that AWS's own endpoint gives.
const char* const contract_client = R"(#!/usr/bin/python3
import http.client, json, os
host = os.environ["AWS_LAMBDA_RUNTIME_API"]
api = "/2018-06-01/runtime/"

def call(method, path, body=None, headers={}, chunked=False):
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request(method, path, body, headers, encode_chunked=chunked)
    response = connection.getresponse()
    answer = [response.status, response.read().decode()]
    connection.close()
    return answer

seen = {"ping": call("GET", "/2018-06-01/ping"), "no route": call("GET", "/nowhere")[0],
        "early": call("POST", api + "invocation/none/response", "1")}
last = None
kept = http.client.HTTPConnection(host)
while True:
    kept.request("GET", api + "invocation/next")
    response = kept.getresponse()
    event = json.loads(response.read())
    own = api + "invocation/" + response.getheader("Lambda-Runtime-Aws-Request-Id")
    if last:
        seen["stale"] = call("POST", last + "/response", "1")
    seen["init"] = call("POST", api + "init/error", "{}")
    if event == "large":
        seen["large"] = call("POST", own + "/response", b"x" * 6291557)
    elif event == "largest":
        seen["largest"] = call("POST", own + "/response", b"[" + b"1" * 6291554 + b"]")
    elif event == "mode":
        seen["mode"] = call("POST", own + "/response", "1",
                            {"Lambda-Runtime-Function-Response-Mode": "odd"})
    elif event == "pieces":
        seen["pieces"] = call("POST", own + "/response", iter([b"[1", b",2", b"]"]),
                              {"Transfer-Encoding": "chunked"}, True)
    else:
        call("POST", own + "/response", json.dumps(seen))
        seen = {"again": call("POST", own + "/response", "1"),
                "again error": call("POST", own + "/error", "{}")}
    last = own
)";

TEST_F(CustomRuntimeTest, EveryCallHasTheAnswerOfTheContract) {
  custom("contract", contract_client);
  auto large = invoke("contract", "\"large\"");
  EXPECT_TRUE(large->function_error);
  EXPECT_EQ(member(large, "errorType"), "Function.ResponseSizeTooLarge") << large->payload;
  EXPECT_EQ(invoke("contract", "\"largest\"")->payload.size(), 6291556u);
  EXPECT_EQ(member(invoke("contract", "\"mode\""), "errorType"),
            "Runtime.InvalidResponseModeHeader");
  EXPECT_EQ(invoke("contract", "\"pieces\"")->payload, "[1,2]");
  auto seen = *parse_json(invoke("contract", "0")->payload);
  const std::string ok = R"({"status":"OK"})";
  EXPECT_EQ(seen["ping"], (Json{200, "pong"}));
  EXPECT_EQ(seen["no route"], 404);
  const Json unknown = {400,
                        R"({"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"})"};
  EXPECT_EQ(seen["early"], unknown);
  EXPECT_EQ(seen["stale"], unknown);
  EXPECT_EQ(
      seen["large"],
      (Json{413, R"({"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).",)"
                 R"("errorType":"RequestEntityTooLarge"})"}));
  EXPECT_EQ(seen["largest"], (Json{202, ok}));
  EXPECT_EQ(seen["mode"], (Json{400, R"({"errorMessage":"Invalid function response mode",)"
                                     R"("errorType":"InvalidFunctionResponseMode"})"}));
  EXPECT_EQ(seen["pieces"], (Json{202, ok}));
  const auto not_allowed = [](const std::string& from, const std::string& to) {
    return Json{403, R"({"errorMessage":"State transition from )" + from + " to " + to +
                         R"( failed for runtime. Error: State transition is not allowed",)"
                         R"("errorType":"InvalidStateTransition"})"};
  };
  EXPECT_EQ(seen["init"], not_allowed("Running", "InitError"));
  seen = *parse_json(invoke("contract", "0")->payload);
  EXPECT_EQ(seen["again"], not_allowed("ResponseSent", "InvocationResponse"));
  EXPECT_EQ(seen["again error"], not_allowed("ResponseSent", "InvocationErrorResponse"));
}

TEST_F(CustomRuntimeTest, AnErrorOfTheStartIsTheAnswerOfTheInvocation) {
  custom("init", R"(#!/usr/bin/python3
import http.client, os
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
connection.request("POST", "/2018-06-01/runtime/init/error",
                   '{"errorType":"Runtime.NoSuchHandler","errorMessage":"no handler"}')
print(connection.getresponse().read())
)");
  auto result = invoke("init");
  EXPECT_TRUE(result->function_error);
  EXPECT_EQ(result->payload,
            R"({"errorType":"Runtime.NoSuchHandler","errorMessage":"no handler"})");
}

// It speaks to the engine in the bridge's place, and says nothing that makes sense.
TEST_F(CustomRuntimeTest, NonsenseHarmsNobodyElse) {
  compiled("echo");
  for (const std::string& said :
       {std::string(R"(("POST", "/2018-06-01/runtime/init/error", '{"errorType":5}'))"),
        std::string(R"(("POST", "/perdure/extensions", '[1,{"a":2},null]'))"),
        std::string(R"(("POST", "/perdure/extensions", '["' + "x" * 100000 + '"]'))"),
        std::string(R"(("POST", "/perdure/extensions/exited", b"\xff\xfe"))")}) {
    const std::string name = "odd" + std::to_string(folders_++);
    custom(name, R"(#!/usr/bin/python3
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
api.request)" + said +
                     R"(
api.getresponse().read()
)");
    EXPECT_TRUE(invoke(name)->function_error) << said;
    EXPECT_EQ(member(invoke("echo", "5"), "event"), "5") << said;
  }
}

TEST_F(CustomRuntimeTest, OneThatClosesItsConnectionsIsServed) {
  custom("closing", R"(#!/usr/bin/python3
import os, urllib.request
api = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    with urllib.request.urlopen(api + "next") as event:
        body = event.read()
        own = api + event.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(own + "/response", data=body).read()
)");
  EXPECT_EQ(invoke("closing", "[7]")->payload, "[7]");
  EXPECT_EQ(invoke("closing", "[8]")->payload, "[8]");
}

TEST_F(CustomRuntimeTest, WhatCannotBeStartedSaysWhy) {
  create("none", {{"other", "x"}}, "provided.al2023", "any");
  auto none = invoke("none");
  EXPECT_EQ(
      none->payload,
      R"({"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: )" + none->request_id +
          R"( Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"})");
  create("plain", {{"bootstrap", "not a program"}}, "provided", "any");
  EXPECT_THAT(member(invoke("plain"), "errorMessage"),
              testing::EndsWith("Error: fork/exec /var/task/bootstrap: permission denied"));
  custom("broken", "#!/no/such/interpreter\n");
  auto broken = invoke("broken");
  EXPECT_EQ(member(broken, "errorType"), "Runtime.InvalidEntrypoint");
  EXPECT_THAT(member(broken, "errorMessage"),
              testing::EndsWith("bootstrap: no such file or directory"));
}

TEST_F(CustomRuntimeTest, NodeProgramsAreRuntimesToo) {
  if (!interpreter_for("nodejs20.x")) GTEST_SKIP() << "Node.js is not installed";
  custom("node", R"(#!/usr/bin/env node
const http = require('http');
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const call = (method, path, body) => new Promise((resolve, reject) => {
  const request = http.request({ host, port, method, agent, path: `/2018-06-01/runtime/${path}` },
    (response) => {
      let text = '';
      response.on('data', (piece) => { text += piece; });
      response.on('end', () => resolve({ headers: response.headers, text }));
    });
  request.on('error', reject);
  request.end(body);
});
(async () => {
  for (;;) {
    const { headers, text } = await call('GET', 'invocation/next');
    const id = headers['lambda-runtime-aws-request-id'];
    const twice = 2 * JSON.parse(text);
    await call('POST', `invocation/${id}/response`, JSON.stringify({ twice }));
  }
})();
)");
  EXPECT_EQ(member(invoke("node", "21"), "twice"), "42");
  EXPECT_EQ(member(invoke("node", "4"), "twice"), "8");
}

TEST_F(CustomRuntimeTest, FramesKeepALogEntryTogether) {
  custom("frames", R"(#!/usr/bin/python3
import http.client, os, struct
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
log = int(os.environ["_LAMBDA_TELEMETRY_LOG_FD"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    response = api.getresponse()
    response.read()
    text = b"first\nsecond"
    os.write(log, struct.pack(">IIQ", 0xa55a0003, len(text), 1) + text)
    api.request("POST", "/2018-06-01/runtime/invocation/%s/response"
                % response.getheader("Lambda-Runtime-Aws-Request-Id"), "1")
    api.getresponse().read()
)");
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(invoke("frames", "1", true)->log_tail,
                testing::HasSubstr("Version: $LATEST\nfirst\rsecond\nEND"));
  }
}

TEST_F(CustomRuntimeTest, ItHasAwsVariablesAndNoneOfOurs) {
  custom("env", R"(#!/usr/bin/python3
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    response = api.getresponse()
    response.read()
    api.request("POST", "/2018-06-01/runtime/invocation/%s/response"
                % response.getheader("Lambda-Runtime-Aws-Request-Id"), json.dumps(dict(os.environ)))
    api.getresponse().read()
)");
  auto result = invoke("env");
  const Json env = *parse_json(result->payload);
  EXPECT_EQ(env["_HANDLER"], "any");
  EXPECT_EQ(env["AWS_LAMBDA_FUNCTION_NAME"], "env");
  EXPECT_THAT(env["AWS_LAMBDA_RUNTIME_API"].get<std::string>(), testing::StartsWith("127.0.0.1:"));
  EXPECT_FALSE(env.contains("AWS_EXECUTION_ENV")) << "AWS sets it for its own runtimes only";
  for (const auto& [name, value] : env.items()) {
    EXPECT_FALSE(name.starts_with("PERDURE_")) << name;
  }
}

}  // namespace
}  // namespace perdure::executors

// Extensions as programs of layers, beside runtimes of ours and of others.
#include "base/files.h"
#include "executors/functions/catalog/catalog.h"
#include "runtime_client_path.h"
#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

// Writes what it hears into the log, and leaves as CRASH says.
const char* const extension = R"(#!/usr/bin/python3
import http.client, json, os, sys, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

def note(text):
    print("note " + text, flush=True)

def call(method, what, body=None, **headers):
    headers = {"Lambda-Extension-" + name: value for name, value in headers.items()}
    api.request(method, "/2020-01-01/extension/" + what, body, headers)
    response = api.getresponse()
    return response, json.loads(response.read())

crash = os.environ.get("CRASH", "")
if crash == "start":
    sys.exit(4)
response, told = call("POST", "register", json.dumps({"events": ["INVOKE", "SHUTDOWN"]}),
                      Name=os.path.basename(__file__))
own = response.getheader("Lambda-Extension-Identifier")
hidden = [name for name in ("_HANDLER", "PERDURE_WORKER_SECRET") if name in os.environ]
note("registered %s %s" % (told["functionName"], hidden))
if crash == "init":
    call("POST", "init/error", "{}", Identifier=own,
         **{"Function-Error-Type": "Extension.NoSuchPlace"})
    sys.exit(5)
while True:
    _, event = call("GET", "event/next", Identifier=own)
    if event["eventType"] == "SHUTDOWN":
        note("shutdown %s" % event["shutdownReason"])
        break
    note("invoke %s" % event["requestId"])
    if crash == "invoke":
        sys.exit(6)
    time.sleep(0.5)
    note("done")
)";

class ExtensionProgramsTest : public RuntimeTest {
 protected:
  void create_with(const std::string& name, const std::string& runtime, const Files& files,
                   const std::string& crash = "") {
    std::promise<std::string> published;
    runtime_->catalog().layers().publish(
        {.tenant = tenant_, .name = "watch", .zip = zip_of({{"extensions/watch", extension}})},
        [&](Result<LayerVersion> layer) { published.set_value(layer->arn()); });
    std::promise<bool> made;
    runtime_->create({.tenant = tenant_,
                      .name = name,
                      .runtime = runtime,
                      .handler = "f.handler",
                      .role = "arn:aws:iam::111111111111:role/r",
                      .timeout_s = 10,
                      .environment = {{"CRASH", crash}},
                      .layers = {published.get_future().get()},
                      .code = ZipCode{zip_of(files)}},
                     [&](auto result) { made.set_value(result.has_value()); });
    ASSERT_TRUE(made.get_future().get());
  }
  std::vector<std::string> notes(const std::string& name) {
    std::vector<std::string> found;
    for (const std::string& line : log_of(name)) {
      if (line.starts_with("note ")) found.push_back(line.substr(5));
    }
    return found;
  }
  // They are written by another process.
  std::vector<std::string> notes_until(const std::string& name, size_t count) {
    for (int i = 0; i < 200 && notes(name).size() < count; ++i) usleep(20'000);
    return notes(name);
  }
};

const Files python_files = {
    {"f.py", "def handler(event, context): return context.aws_request_id\n"}};

TEST_F(ExtensionProgramsTest, OneRunsBesideAPythonFunctionAndIsToldOfEverything) {
  start({.idle_ttl_ms = 2000});
  create_with("f", "python3.11", python_files);
  auto first = invoke("f");
  ASSERT_FALSE(first->function_error) << first->payload;
  EXPECT_EQ(first->payload, "\"" + first->request_id + "\"");
  EXPECT_THAT(notes("f"), testing::Not(testing::Contains("done"))) << "the answer does not wait";
  notes_until("f", 3);
  usleep(200'000);  // until it has asked for more: else another worker would be started
  auto second = invoke("f");
  EXPECT_EQ(second->init_us, 0) << "the same worker, once the extension was done";
  EXPECT_EQ(notes_until("f", 6), (std::vector<std::string>{
                                     "registered f []", "invoke " + first->request_id, "done",
                                     "invoke " + second->request_id, "done", "shutdown spindown"}));
  for (int i = 0; i < 100 && runtime().statistics().workers > 0; ++i) usleep(20'000);
  EXPECT_EQ(runtime().statistics().workers, 0);
}

TEST_F(ExtensionProgramsTest, OneRunsBesideACompiledRuntime) {
  start();
  create_with("c", "provided.al2023", {{"bootstrap", *read_file(PERDURE_RUNTIME_CLIENT)}});
  auto result = invoke("c", "5");
  EXPECT_EQ(member(result, "event"), "5");
  EXPECT_EQ(notes_until("c", 3),
            (std::vector<std::string>{"registered c []", "invoke " + result->request_id, "done"}));
}

TEST_F(ExtensionProgramsTest, WhatItBreaksIsTold) {
  start();
  struct Case {
    std::string crash, type, reason;
  };
  for (const Case& c : {Case{"start", "Extension.Crash", "exit status 4"},
                        Case{"init", "Extension.InitError", "Extension.NoSuchPlace"},
                        Case{"invoke", "Extension.Crash", "exit status 6"}}) {
    create_with("f-" + c.crash, "python3.11",
                {{"f.py", "import time\ndef handler(event, context): time.sleep(3)\n"}}, c.crash);
    auto result = invoke("f-" + c.crash);
    EXPECT_TRUE(result->function_error) << c.crash;
    EXPECT_EQ(result->payload, R"({"errorType":")" + c.type + R"(","errorMessage":"RequestId: )" +
                                   result->request_id + " Error: " + c.reason + R"("})");
  }
}

}  // namespace
}  // namespace perdure::executors

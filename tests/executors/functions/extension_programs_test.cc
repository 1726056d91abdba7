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

// Subscribes to telemetry and writes what it hears into the log, short.
const char* const listener = R"(#!/usr/bin/python3
import http.client, http.server, json, os, threading, time
host = os.environ["AWS_LAMBDA_RUNTIME_API"]
heard = []

class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        for event in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
            record = event["record"]
            if isinstance(record, dict):
                record = record.get("status", record.get("state", "-"))
            elif record.startswith("[ERROR]"):
                record = "raised"
            print("note %s %s" % (event["type"], record), flush=True)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()

def call(method, path, body=None, **headers):
    api = http.client.HTTPConnection(host)
    headers = {"Lambda-Extension-" + name: value for name, value in headers.items()}
    api.request(method, path, body and json.dumps(body), headers)
    response = api.getresponse()
    return response, response.read().decode()

response, _ = call("POST", "/2020-01-01/extension/register", {"events": ["SHUTDOWN"]},
                   Name="listener")
own = response.getheader("Lambda-Extension-Identifier")
_, body = call("PUT", "/2022-07-01/telemetry", {
    "schemaVersion": "2022-12-13", "types": ["platform", "function"],
    "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
    "destination": {"protocol": "HTTP",
                    "URI": "http://sandbox.localdomain:%d/" % server.server_port}},
                Identifier=own)
print("note subscribed " + body, flush=True)
_, event = call("GET", "/2020-01-01/extension/event/next", Identifier=own)
time.sleep(0.3)
print("note shutdown " + json.loads(event)["shutdownReason"], flush=True)
)";

class ExtensionProgramsTest : public RuntimeTest {
 protected:
  void create_with(const std::string& name, const std::string& runtime, const Files& files,
                   const std::string& crash = "", int64_t timeout_s = 10,
                   const Files& programs = {{"extensions/watch", extension}}) {
    const auto layer = wait<LayerVersion>([&](auto done) {
      runtime_->catalog().layers().publish(
          {.tenant = tenant_, .name = "watch", .zip = zip_of(programs)}, std::move(done));
    });
    create(name, files, runtime, "f.handler", timeout_s, {{"CRASH", crash}},
           {.layers = {layer->arn()}});
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

const Files misbehaving = {{"f.py",
                            "import os, time\n"
                            "def handler(event, context):\n"
                            "    print('at work')\n"
                            "    if event == 'exit': os._exit(3)\n"
                            "    if event == 'hang': time.sleep(60)\n"
                            "    if event == 'raise': raise ValueError('no')\n"}};

TEST_F(ExtensionProgramsTest, OneHearsWhyItsFunctionIsNoMore) {
  start();
  create_with("f", "python3.11", misbehaving, "", 1);
  auto late = invoke("f", "\"hang\"");
  EXPECT_EQ(member(late, "errorType"), "Sandbox.Timedout");
  EXPECT_EQ(notes_until("f", 4),
            (std::vector<std::string>{"registered f []", "invoke " + late->request_id, "done",
                                      "shutdown timeout"}));
  auto crashed = invoke("f", "\"exit\"");
  EXPECT_EQ(
      member(crashed, "errorMessage"),
      "RequestId: " + crashed->request_id + " Error: Runtime exited with error: exit status 3");
  EXPECT_EQ(notes_until("f", 8).back(), "shutdown failure");
  EXPECT_EQ(invoke("f", "1")->payload, "null") << "another worker serves";
  for (int i = 0; i < 200 && runtime().statistics().workers > 1; ++i) usleep(20'000);
  EXPECT_EQ(runtime().statistics().workers, 1) << "those two are gone with their extensions";
}

TEST_F(ExtensionProgramsTest, ATimeoutWithoutAnEngineIsOne) {
  start();
  create_with("f", "python3.11", misbehaving, "", 1);
  invoke("f", "1");
  auto lost = begin("f", "\"hang\"");
  usleep(500'000);
  drop();
  usleep(800'000);
  start();  // the program is gone, the extension is not yet
  EXPECT_TRUE(comes_into_log("f", "Error: Task timed out after 1.00 seconds\"}"));
}

TEST_F(ExtensionProgramsTest, TelemetryReachesOne) {
  start();
  create_with("f", "python3.11", misbehaving, "", 10, {{"extensions/listener", listener}});
  EXPECT_EQ(invoke("f", "1")->payload, "null");
  const std::vector<std::string> begun = {
      "platform.initStart -", "platform.telemetrySubscription Subscribed",
      "platform.extension Ready", "platform.initRuntimeDone success", "platform.initReport -"};
  const auto call = [](const std::string& status, const std::string& reported) {
    return std::vector<std::string>{"platform.start -", "function at work",
                                    "platform.runtimeDone " + status,
                                    "platform.report " + reported};
  };
  std::vector<std::string> wanted = {"subscribed \"OK\""};
  const auto expect = [&](const std::vector<std::string>& more) {
    wanted.insert(wanted.end(), more.begin(), more.end());
    auto notes = notes_until("f", wanted.size());
    notes.resize(std::min(notes.size(), wanted.size()));  // more may have come
    EXPECT_EQ(notes, wanted);
  };
  expect(begun);
  expect(call("success", "success"));
  invoke("f", "\"raise\"");
  expect({"platform.start -", "function at work", "function raised", "platform.runtimeDone error",
          "platform.report error"});
  invoke("f", "\"exit\"");
  expect(call("failure", "error"));
  expect({"shutdown failure"});
  EXPECT_THAT(log_of("f"), testing::Contains("EXTENSION\tName: listener\tState: Ready\tEvents: "
                                             "[SHUTDOWN]"));
  EXPECT_THAT(log_of("f"), testing::Contains("TELEMETRY\tName: listener\tState: Subscribed\tTypes: "
                                             "[platform, function]"));
}

TEST_F(ExtensionProgramsTest, TelemetryGoesOnWhenTheServerIsStartedAgain) {
  start();
  create_with("f", "python3.11", misbehaving, "", 10, {{"extensions/listener", listener}});
  invoke("f", "1");
  const size_t before = notes_until("f", 10).size();
  ASSERT_EQ(before, 10u);
  drop();
  start();
  const auto reports = [&] {
    const auto all = notes("f");
    return std::count(all.begin() + std::ptrdiff_t(before), all.end(), "platform.report success");
  };
  for (int i = 0; i < 50 && reports() == 0; ++i, usleep(50'000)) {
    ASSERT_EQ(invoke("f", "1")->tier, "warm") << "it is the worker of before";
  }
  EXPECT_GT(reports(), 0);
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

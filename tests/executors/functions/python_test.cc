#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

class PythonTest : public RuntimeTest {
 protected:
  void SetUp() override { start(); }
};

TEST_F(PythonTest, EchoesAndStaysWarm) {
  python("echo",
         "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n"
         "    return {'event': event, 'n': n}\n");
  auto first = invoke("echo", R"({"a":1.0,"b":"gr\u00fc\u00df"})");
  ASSERT_TRUE(first) << first.error().cause;
  EXPECT_EQ(first->payload, R"({"event": {"a": 1.0, "b": "gr\u00fc\u00df"}, "n": 1})");
  EXPECT_FALSE(first->function_error);
  EXPECT_GT(first->init_us, 0);
  auto second = invoke("echo", "[]");
  EXPECT_EQ(member(second, "n"), "2");
  EXPECT_EQ(second->init_us, 0);
  EXPECT_EQ(runtime().statistics().cold_starts, 1u);
}

TEST_F(PythonTest, RaisedErrorsCarryTypeMessageAndTraceAsOnAws) {
  python("boom",
         "class CustomError(Exception):\n    pass\n\n"
         "def handler(event, context):\n    raise CustomError('it \"broke\"')\n");
  auto result = invoke("boom");
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->function_error);
  EXPECT_EQ(result->payload, R"({"errorMessage": "it \"broke\"", "errorType": "CustomError", )"
                             R"("requestId": ")" +
                                 result->request_id +
                                 R"(", "stackTrace": )"
                                 R"(["  File \"/var/task/f.py\", line 5, in handler\n    raise )"
                                 R"(CustomError('it \"broke\"')\n"]})");
}

TEST_F(PythonTest, TheContextTellsWhatAwsTells) {
  python("context",
         "import os\n"
         "def handler(event, context):\n"
         "    return {'id': context.aws_request_id, 'name': context.function_name,\n"
         "            'version': context.function_version, 'memory': context.memory_limit_in_mb,\n"
         "            'arn': context.invoked_function_arn, 'group': context.log_group_name,\n"
         "            'left': context.get_remaining_time_in_millis(),\n"
         "            'cwd': os.getcwd() == os.environ['LAMBDA_TASK_ROOT'],\n"
         "            'region': os.environ['AWS_REGION'], 'tz': os.environ['TZ'],\n"
         "            'url': os.environ['AWS_ENDPOINT_URL'],\n"
         "            'key': os.environ['AWS_ACCESS_KEY_ID'],\n"
         "            'secret': os.environ.get('PERDURE_WORKER_SECRET')}\n",
         7);
  auto result = invoke("context");
  EXPECT_EQ(member(result, "id"), result->request_id);
  EXPECT_EQ(member(result, "name"), "context");
  EXPECT_EQ(member(result, "version"), "$LATEST");
  EXPECT_EQ(member(result, "memory"), "128");
  EXPECT_EQ(member(result, "arn"), "arn:aws:lambda:us-east-1:111111111111:function:context");
  EXPECT_EQ(member(result, "group"), "/aws/lambda/context");
  int left = std::stoi(member(result, "left"));
  EXPECT_TRUE(left > 5000 && left <= 7000) << left;
  EXPECT_EQ(member(result, "cwd"), "true");
  EXPECT_EQ(member(result, "region"), "us-east-1");
  EXPECT_EQ(member(result, "tz"), ":UTC");
  EXPECT_EQ(member(result, "url"), "http://127.0.0.1:4566");
  EXPECT_EQ(member(result, "secret"), "null");
  auto owner = runtime().owner_of_key(member(result, "key"));
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->tenant.account, "111111111111");
  EXPECT_FALSE(runtime().owner_of_key("ASIA0000000000000000"));
}

TEST_F(PythonTest, CharactersAreEscapedAsTheRuntimeDoes) {
  const Files files = {{"f.py", "def handler(event, context):\n    return event\n"}};
  create("old", files, "python3.11");
  create("new", files, "python3.12");
  const std::string text = "\"\u00e9\U0001F600\"";
  EXPECT_EQ(invoke("old", text)->payload, R"("\u00e9\ud83d\ude00")");
  EXPECT_EQ(invoke("new", text)->payload, text);
  EXPECT_EQ(invoke("new", R"("\ud800")")->payload, R"("\ud800")") << "has no UTF-8";
}

TEST_F(PythonTest, FaultsOfThePackageAreNamed) {
  struct Case {
    std::string name, source, handler, type, message;
  };
  const Case cases[] = {
      {"missing-module", "import not_there\n", "f.handler", "Runtime.ImportModuleError",
       "Unable to import module 'f': No module named 'not_there'"},
      {"missing-file", "", "other.handler", "Runtime.ImportModuleError",
       "Unable to import module 'other': No module named 'other'"},
      {"missing-handler", "x = 1\n", "f.handler", "Runtime.HandlerNotFound",
       "Handler 'handler' missing on module 'f'"},
      {"bad-syntax", "def handler(:\n", "f.handler", "Runtime.UserCodeSyntaxError",
       "Syntax error in module 'f': invalid syntax (f.py, line 1)"},
      {"raises-at-import", "raise ValueError('early')\n", "f.handler", "ValueError", "early"},
      {"not-json", "def handler(e, c):\n    return {1, 2}\n", "f.handler", "Runtime.MarshalError",
       "Unable to marshal response: Object of type set is not JSON serializable"},
  };
  for (const Case& c : cases) {
    create(c.name, {{"f.py", c.source}}, "python3.11", c.handler);
    auto result = invoke(c.name);
    ASSERT_TRUE(result) << c.name;
    EXPECT_TRUE(result->function_error) << c.name;
    EXPECT_EQ(member(result, "errorType"), c.type) << c.name << result->payload;
    EXPECT_EQ(member(result, "errorMessage"), c.message) << c.name;
  }
}

TEST_F(PythonTest, HandlersInPackagesAndInstalledModulesAreFound) {
  create("nested",
         {{"a/__init__.py", ""},
          {"a/b.py", "from . import c\nhandler = c.handler\n"},
          {"a/c.py", "def handler(e, c):\n    import sqlite3\n    return 'nested'\n"}},
         "python3.12", "a/b.handler");
  EXPECT_EQ(invoke("nested")->payload, R"("nested")");
}

TEST_F(PythonTest, AWorkerThatEndsHurtsOnlyItsOwnInvocation) {
  python("exit",
         "import os, sys, signal\n"
         "def handler(event, context):\n"
         "    if event == 'sys': sys.exit(3)\n"
         "    if event == 'os': os._exit(0)\n"
         "    if event == 'kill': os.kill(os.getpid(), signal.SIGKILL)\n"
         "    return 'fine'\n");
  auto text = [&](const char* how) { return member(invoke("exit", how), "errorMessage"); };
  EXPECT_THAT(text("\"sys\""), testing::EndsWith("Runtime exited with error: exit status 3"));
  EXPECT_THAT(text("\"os\""), testing::EndsWith("Runtime exited without providing a reason"));
  EXPECT_THAT(text("\"kill\""), testing::EndsWith("Runtime exited with error: signal: killed"));
  auto result = invoke("exit");
  EXPECT_EQ(result->payload, "\"fine\"");
}

TEST_F(PythonTest, ALateFunctionIsEndedAtItsTimeout) {
  python("loop", "def handler(event, context):\n    while event: pass\n    return 1\n", 1);
  auto result = invoke("loop", "true");
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->function_error);
  EXPECT_EQ(result->payload, R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: )" +
                                 result->request_id +
                                 R"( Error: Task timed out after 1.00 seconds"})");
  EXPECT_GE(result->duration_us, 1'000'000);
  EXPECT_LT(result->duration_us, 2'500'000);
  EXPECT_EQ(invoke("loop", "false")->payload, "1");
}

TEST_F(PythonTest, AnImportThatHangsIsEnded) {
  start({.init_timeout_ms = 700});
  python("hang", "import time\ntime.sleep(60)\ndef handler(event, context): return 1\n", 1);
  auto result = invoke("hang");
  ASSERT_TRUE(result);
  EXPECT_EQ(member(result, "errorType"), "Sandbox.Timedout");
}

TEST_F(PythonTest, MegabytesOfOutputAreKeptAndHurtNobody) {
  python("noisy",
         "def handler(event, context):\n"
         "    for i in range(10):\n        print(str(i) * (1 << 20))\n    return 'done'\n");
  auto result = invoke("noisy", "{}", true);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->payload, "\"done\"");
  EXPECT_LE(result->log_tail.size(), 4096u);
  size_t bytes = 0;
  for (const std::string& line : log_of("noisy")) {
    if (line.starts_with("0000") || line.starts_with("9999")) bytes += line.size();
  }
  EXPECT_EQ(bytes, 2u << 20);
}

TEST_F(PythonTest, TheLogTellsStartOutputEndAndReport) {
  python("log",
         "import sys, logging\nlogging.getLogger().setLevel('INFO')\n"
         "def handler(event, context):\n    print('to stdout')\n"
         "    print('to stderr', file=sys.stderr)\n    logging.info('logged')\n"
         "    sys.stdout.write('no newline')\n");
  auto result = invoke("log", "{}", true);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->payload, "null");
  std::string id = result->request_id;
  using testing::HasSubstr;
  EXPECT_THAT(result->log_tail,
              testing::StartsWith("START RequestId: " + id + " Version: $LATEST\n"));
  for (std::string part : {"to stdout\n", "to stderr\n", "no newline\n"}) {
    EXPECT_THAT(result->log_tail, HasSubstr("\n" + part));
  }
  EXPECT_THAT(result->log_tail, HasSubstr("\n[INFO]\t"));
  EXPECT_THAT(result->log_tail, HasSubstr("Z\t" + id + "\tlogged\n"));
  EXPECT_THAT(result->log_tail,
              HasSubstr("\nEND RequestId: " + id + "\nREPORT RequestId: " + id + "\tDuration: "));
  EXPECT_THAT(result->log_tail, HasSubstr("\tMemory Size: 128 MB\tMax Memory Used: "));
  EXPECT_THAT(result->log_tail, HasSubstr("\tInit Duration: "));
}

// A worker that talks to the runtime API behind the bootstrap's back.
TEST_F(PythonTest, ASecondOrLateAnswerIsRefused) {
  python("twice",
         "import sys\n"
         "def handler(event, context):\n"
         "    client = sys.modules['__main__']._Client()\n"
         "    client._connect()\n"
         "    answers = []\n"
         "    for text in (b'\"first\"', b'\"second\"'):\n"
         "        client._socket.sendall(client._post('invocation/%s/response'\n"
         "                                            % context.aws_request_id, text))\n"
         "        answers.append(client._read_response()[0])\n"
         "    print('answers', answers)\n"
         "    return 'third'\n");
  EXPECT_EQ(invoke("twice")->payload, "\"first\"");
  // The worker is in order again: what it said late did not count for the next one.
  EXPECT_EQ(invoke("twice")->payload, "\"first\"");
  for (int i = 0; i < 100 && log_of("twice").size() < 8; ++i) usleep(10'000);
  EXPECT_THAT(log_of("twice"), testing::Contains("answers [202, 400]"));
}

TEST_F(PythonTest, AnAnswerOverTheLimitIsAnErrorOfTheFunction) {
  python("large", "def handler(event, context):\n    return 'x' * event\n");
  EXPECT_EQ(invoke("large", "6291556")->payload,
            R"({"errorMessage":"Response payload size exceeded maximum allowed payload size )"
            R"((6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"})");
  EXPECT_EQ(invoke("large", "6291000")->payload.size(), 6291002u);
}

TEST_F(PythonTest, ProcessesThatAFunctionLeavesBehindEndWithItsWorker) {
  const std::string sleep = unique_sleep();
  python("parent",
         "import os, subprocess\n"
         "def handler(event, context):\n"
         "    subprocess.Popen(['sleep', '" +
             sleep +
             "'], start_new_session=True)\n"
             "    if event: os._exit(1)\n");
  EXPECT_FALSE(invoke("parent", "false")->function_error);
  EXPECT_FALSE(processes_with(sleep).empty()) << "it lives as long as the worker";
  EXPECT_TRUE(invoke("parent", "true")->function_error);
  EXPECT_TRUE(processes_with(sleep).empty()) << "and not longer";
}

TEST_F(PythonTest, BotocoreTalksToThisServerWithoutHostPrefixes) {
  python("aws",
         "def handler(event, context):\n"
         "    try:\n        import botocore.session\n"
         "    except ImportError:\n        return 'absent'\n"
         "    client = botocore.session.get_session().create_client('stepfunctions')\n"
         "    return [client.meta.endpoint_url, client.meta.config.inject_host_prefix]\n",
         30);
  auto result = invoke("aws");
  if (result->payload == "\"absent\"") GTEST_SKIP() << "botocore is not installed";
  EXPECT_EQ(result->payload, R"(["http://127.0.0.1:4566", false])");
}

}  // namespace
}  // namespace perdure::executors

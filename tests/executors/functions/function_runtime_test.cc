#include <sys/wait.h>

#include <filesystem>

#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

using testing::StartsWith;

class FunctionRuntimeTest : public RuntimeTest {
 protected:
  static std::string name_of(const Result<InvokeResult>& result) {
    return result ? "ok" : result.error().name;
  }
  Result<FunctionConfiguration> update(const std::string& name, UpdateFunction change) {
    std::promise<Result<FunctionConfiguration>> done;
    runtime().update(tenant_, name, std::move(change), [&](auto r) { done.set_value(r); });
    return done.get_future().get();
  }
  Result<FunctionConfiguration> try_create(CreateFunction request) {
    std::promise<Result<FunctionConfiguration>> done;
    request.tenant = tenant_;
    if (request.name.empty()) request.name = "f";
    if (request.runtime.empty()) request.runtime = "python3.12";
    if (request.handler.empty()) request.handler = "f.handler";
    runtime().create(std::move(request), [&](auto r) { done.set_value(r); });
    return done.get_future().get();
  }
};

const char* const sleeper =
    "import time\n"
    "def handler(event, context):\n    time.sleep(event)\n    return event\n";

TEST_F(FunctionRuntimeTest, OverTheLimitCallsAreRefusedAndTasksWait) {
  start({.concurrency = 2});
  python("sleep", sleeper);
  auto a = begin("sleep", "0.5");
  auto b = begin("sleep", "0.5");
  auto refused = begin("sleep", "0").get();
  EXPECT_EQ(name_of(refused), "TooManyRequestsException");
  auto c = begin("sleep", "0.1", true);
  auto d = begin("sleep", "0.2", true);
  EXPECT_EQ(a.get()->payload, "0.5");
  EXPECT_EQ(b.get()->payload, "0.5");
  EXPECT_EQ(c.get()->payload, "0.1");
  EXPECT_EQ(d.get()->payload, "0.2");
  EXPECT_LE(runtime().statistics().cold_starts, 2u);
}

TEST_F(FunctionRuntimeTest, IdleWorkersEnd) {
  start({.idle_ttl_ms = 150});
  python("f", "def handler(e, c): return 1\n");
  invoke("f");
  for (int i = 0; i < 100 && runtime().statistics().workers > 0; ++i) usleep(20'000);
  EXPECT_EQ(runtime().statistics().workers, 0);
  EXPECT_EQ(invoke("f")->payload, "1");
}

TEST_F(FunctionRuntimeTest, ANewEngineGetsTheAnswerOfWhatTheOldOneStarted) {
  start();
  python("sleep", sleeper);
  invoke("sleep", "0");
  int spawner = runtime().statistics().spawner_pid;
  auto lost = begin("sleep", "1.5");
  usleep(300'000);
  start();  // drops the first one while the function sleeps
  EXPECT_EQ(runtime().statistics().spawner_pid, spawner);
  EXPECT_EQ(runtime().statistics().workers, 1);
  EXPECT_EQ(runtime().statistics().busy, 1);
  // The same worker is warm for the new engine once it has given its answer.
  for (int i = 0; i < 200 && runtime().statistics().busy > 0; ++i) usleep(20'000);
  auto next = invoke("sleep", "0");
  EXPECT_EQ(next->init_us, 0);
  EXPECT_EQ(runtime().statistics().cold_starts, 0u);
}

TEST_F(FunctionRuntimeTest, ALostSpawnerTakesItsWorkersAlongAndIsReplaced) {
  start();
  const std::string sleep = unique_sleep();
  python("parent",
         "import subprocess, time\n"
         "def handler(event, context):\n"
         "    subprocess.Popen(['sleep', '" +
             sleep +
             "'], start_new_session=True)\n"
             "    time.sleep(event)\n");
  invoke("parent", "0");
  EXPECT_TRUE(begin_soon(sleep));
  auto running = begin("parent", "30");
  usleep(100'000);
  int spawner = runtime().statistics().spawner_pid;
  kill(spawner, SIGKILL);
  EXPECT_EQ(name_of(running.get()), "ServiceException");
  EXPECT_TRUE(end_soon(sleep)) << "nothing outlives the spawner";
  auto again = invoke("parent", "0");
  EXPECT_TRUE(again && !again->function_error);
  EXPECT_NE(runtime().statistics().spawner_pid, spawner);
}

TEST_F(FunctionRuntimeTest, ASpawnerWithoutEngineEndsEverything) {
  setenv("PERDURE_TEST_LINGER_MS", "1500", 1);
  start();
  unsetenv("PERDURE_TEST_LINGER_MS");
  const std::string sleep = unique_sleep();
  python("parent",
         "import subprocess\n"
         "def handler(event, context):\n    subprocess.Popen(['sleep', '" +
             sleep + "'])\n");
  EXPECT_FALSE(invoke("parent")->function_error) << invoke("parent")->payload;
  EXPECT_TRUE(begin_soon(sleep));
  int spawner = runtime().statistics().spawner_pid;
  drop();
  for (int i = 0; i < 150 && kill(spawner, 0) == 0; ++i) {
    waitpid(spawner, nullptr, WNOHANG);
    usleep(20'000);
  }
  EXPECT_EQ(kill(spawner, 0), -1);
  EXPECT_TRUE(end_soon(sleep));
}

TEST_F(FunctionRuntimeTest, ChangedCodeGoesToNewWorkers) {
  start();
  python("f", "def handler(e, c): return 'old'\n");
  EXPECT_EQ(invoke("f")->payload, "\"old\"");
  auto before = runtime().find(tenant_, "f");
  auto changed =
      update("f", {.code = ZipCode{zip_of({{"f.py", "def handler(e, c): return 'new'\n"}})}});
  ASSERT_TRUE(changed);
  EXPECT_NE(changed->revision_id, before->revision_id);
  EXPECT_NE(changed->code_sha256, before->code_sha256);
  EXPECT_EQ(invoke("f")->payload, "\"new\"");
  ASSERT_TRUE(
      update("f", {.environment = {{{"WORD", "set"}}},
                   .code = folder_with({{"f.py",
                                         "import os\n"
                                         "def handler(e, c): return os.environ['WORD']\n"}})}));
  EXPECT_EQ(invoke("f")->payload, "\"set\"");
  EXPECT_FALSE(std::filesystem::exists(runtime().find(tenant_, "f")->code_folder + "/__pycache__"));
  auto stale = update("f", {.timeout_s = 5, .expected_revision_id = before->revision_id});
  EXPECT_EQ(stale.error().name, "PreconditionFailedException");
}

TEST_F(FunctionRuntimeTest, TheCatalogKeepsAndRefusesAsAwsDoes) {
  start();
  python("f", "def handler(e, c): return 1\n");
  std::string zip = zip_of({{"f.py", ""}});
  auto refusal = [&](CreateFunction request) {
    if (std::holds_alternative<ZipCode>(request.code)) {
      auto& bytes = std::get<ZipCode>(request.code).bytes;
      if (bytes.empty()) bytes = zip;
    }
    auto made = try_create(std::move(request));
    return made ? "made" : made.error().name + ": " + made.error().cause;
  };
  EXPECT_EQ(refusal({}), "ResourceConflictException: Function already exist: f");
  EXPECT_THAT(refusal({.name = "g", .runtime = "java21"}), StartsWith("InvalidParameterValue"));
  EXPECT_THAT(refusal({.name = "g", .timeout_s = 901}), StartsWith("InvalidParameterValue"));
  EXPECT_THAT(refusal({.name = "g", .memory_mib = 64}), StartsWith("InvalidParameterValue"));
  EXPECT_THAT(refusal({.name = "g", .environment = {{"AWS_REGION", "x"}}}),
              testing::EndsWith("Reserved keys used in this request: AWS_REGION"));
  EXPECT_THAT(refusal({.name = "g", .code = ZipCode{"broken"}}),
              StartsWith("InvalidParameterValueException: Could not unzip uploaded file."));
  EXPECT_THAT(refusal({.name = "a b"}), StartsWith("InvalidParameterValue"));

  start();  // what was made is still there
  auto found = runtime().find(tenant_, "arn:aws:lambda:us-east-1:111111111111:function:f:$LATEST");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->timeout_s, 10);
  EXPECT_EQ(runtime().list(tenant_).size(), 1u);
  EXPECT_EQ(runtime().find(tenant_, "f", "7").error().cause,
            "Function not found: arn:aws:lambda:us-east-1:111111111111:function:f:7");
  EXPECT_EQ(runtime().find({"222222222222", "us-east-1"}, "f").error().kind, ErrorKind::not_found);
  std::promise<Result<bool>> removed;
  runtime().remove(tenant_, "f", [&](Result<bool> r) { removed.set_value(r); });
  EXPECT_TRUE(removed.get_future().get());
  auto gone = invoke("f");
  EXPECT_EQ(gone.error().cause,
            "Function not found: arn:aws:lambda:us-east-1:111111111111:function:f:$LATEST");
}

TEST_F(FunctionRuntimeTest, PayloadsThatAreNoJsonOrTooLargeAreRefused) {
  start();
  python("f", "def handler(e, c): return e\n");
  EXPECT_EQ(name_of(invoke("f", "{")), "InvalidRequestContentException");
  EXPECT_EQ(name_of(invoke("f", std::string(max_sync_payload_bytes + 1, '1'))),
            "RequestTooLargeException");
  EXPECT_EQ(invoke("f", "")->payload, "{}");
}

TEST_F(FunctionRuntimeTest, AWorkerThatCannotStartSaysWhy) {
  start();
  FolderCode code = folder_with({{"f.py", ""}});
  ASSERT_TRUE(try_create({.code = code}));
  std::filesystem::remove_all(code.path);
  auto result = invoke("f");
  ASSERT_TRUE(result);
  EXPECT_EQ(member(result, "errorType"), "Runtime.InvalidEntrypoint") << result->payload;
}

}  // namespace
}  // namespace perdure::executors

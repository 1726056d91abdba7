// Node cells, and what is kept ready when its processes come and go.

#include "base/files.h"
#include "tests/executors/functions/tiers_fixture.h"

namespace perdure::executors {
namespace {

using testing::HasSubstr;

TEST_F(TiersTest, AZygoteThatDiesIsReplacedAndItsWorkersLiveOn) {
  start();
  python_ready();
  python("me", "import uuid\nme = str(uuid.uuid4())\ndef handler(e, c): return me\n");
  const std::string worker = invoke("me")->payload;
  const std::string spawner = std::to_string(runtime().statistics().spawner_pid);
  auto children = *read_file("/proc/" + spawner + "/task/" + spawner + "/children");
  int zygotes = 0;
  for (const char* at = children.c_str(); *at;) {
    char* end;
    int pid = static_cast<int>(std::strtol(at, &end, 10));
    if (end == at) break;
    at = end;
    auto command = read_file("/proc/" + std::to_string(pid) + "/cmdline");
    auto name = read_file("/proc/" + std::to_string(pid) + "/comm");
    if (!command || command->find("zygote.py") == std::string::npos) continue;
    if (name && *name != "zygote\n") continue;  // its workers' shepherds have the same command
    kill(pid, SIGKILL);
    ++zygotes;
    break;  // what it is just forking is younger, and has its name for a moment
  }
  EXPECT_EQ(zygotes, 1);
  EXPECT_EQ(invoke("me")->payload, worker);
  python_ready();
}

TEST_F(TiersTest, VariablesThatMatterAtTheStartOfAProcessMeanAStartOfItsOwn) {
  start();
  python_ready();
  create("locale", {{"f.py", "import os\ndef handler(e, c): return os.environ['LC_ALL']\n"}},
         "python3.11", "f.handler", 10, {{"LC_ALL", "C"}});
  auto result = invoke("locale");
  EXPECT_EQ(result->payload, "\"C\"");
  EXPECT_EQ(result->tier, "plain");
}

TEST_F(TiersTest, ACellBecomesTheFunctionsWorker) {
  start();
  Result<InvokeResult> result = internal_error("not called");
  std::string name;
  for (int i = 0; i < tries && (!result || result->tier != "cell"); ++i) {
    name = "own" + std::to_string(i);
    create(name,
           {{"f.js",
             "exports.handler = async () => { console.log('told'); return {env: process.env.MINE, "
             "cell: process.env.PERDURE_CELL, secret: process.env.PERDURE_WORKER_SECRET, "
             "cwd: process.cwd() === process.env.LAMBDA_TASK_ROOT, "
             "hour: new Date(0).getHours()}; };\n"}},
           "nodejs20.x", "f.handler", 10, {{"MINE", "1"}, {"TZ", "Asia/Tokyo"}});
    result = invoke(name, "{}", true);
    ASSERT_TRUE(result);
    ASSERT_FALSE(result->function_error) << result->payload;
  }
  EXPECT_EQ(result->tier, "cell") << result->payload;
  EXPECT_EQ(member(result, "env"), "1");
  EXPECT_EQ(member(result, "cwd"), "true");
  EXPECT_EQ(member(result, "hour"), "9");
  EXPECT_THAT(result->payload, Not(HasSubstr("cell")));
  EXPECT_THAT(result->payload, Not(HasSubstr("secret")));
  EXPECT_THAT(result->log_tail, HasSubstr("told"));
  EXPECT_EQ(invoke(name)->tier, "warm");
}

TEST_F(TiersTest, WhatIsKeptReadyEndsWithTheSpawner) {
  setenv("PERDURE_TEST_LINGER_MS", "200", 1);
  start();
  unsetenv("PERDURE_TEST_LINGER_MS");
  python_ready();
  node_cell();
  const std::string spawner = std::to_string(runtime().statistics().spawner_pid);
  auto children = *read_file("/proc/" + spawner + "/task/" + spawner + "/children");
  drop();
  std::vector<int> pids;
  for (const char* at = children.c_str(); *at;) {
    char* end;
    long pid = std::strtol(at, &end, 10);
    if (end == at) break;
    at = end;
    pids.push_back(static_cast<int>(pid));
  }
  ASSERT_GE(pids.size(), 3u);
  for (int pid : pids) {
    for (int i = 0; i < 150 && kill(pid, 0) == 0; ++i) usleep(20'000);
    EXPECT_EQ(kill(pid, 0), -1);
  }
}

}  // namespace
}  // namespace perdure::executors

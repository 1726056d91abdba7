// Workers that come from what the spawner keeps ready: Python zygotes, Node cells.

#include <fstream>
#include <set>

#include "base/files.h"
#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

using testing::HasSubstr;

class TiersTest : public RuntimeTest {
 protected:
  // Calls fresh functions until one's worker comes from there: what is kept takes a moment.
  void until_ready(const std::string& runtime, const std::string& file, const std::string& source,
                   const std::string& tier) {
    for (int i = 0; i < 100; ++i) {
      const std::string name = "warmup" + std::to_string(++warmups_);
      create(name, {{file, source}}, runtime);
      auto result = invoke(name);
      ASSERT_TRUE(result && !result->function_error) << result->payload;
      if (result->tier == tier) return;
      usleep(50'000);
    }
    FAIL() << "no worker came from a " << tier;
  }
  void python_zygote() {
    until_ready("python3.11", "f.py", "def handler(e, c): return 1\n", "zygote");
  }
  void node_cell() {
    until_ready("nodejs20.x", "f.js", "exports.handler = async () => 1;\n", "cell");
  }
  int warmups_ = 0;
};

TEST_F(TiersTest, AForkedWorkerIsTheFunctionsOwn) {
  start();
  python_zygote();
  create("own",
         {{"f.py",
           "import os, sys, logging, time\n"
           "import __main__\n"
           "def handler(event, context):\n"
           "    logging.getLogger().warning('told')\n"
           "    print('printed')\n"
           "    return {'env': os.environ['MINE'], 'cwd': os.getcwd() == "
           "os.environ['LAMBDA_TASK_ROOT'],\n"
           "            'secret': 'PERDURE_WORKER_SECRET' in os.environ, 'tz': time.tzname[0],\n"
           "            'main': __main__.__file__.endswith('bootstrap.py'), 'path': sys.path[0] == "
           "os.getcwd(),\n"
           "            'fds': sorted(int(n) for n in os.listdir('/proc/self/fd')),\n"
           "            'children': os.popen('echo child').read().strip()}\n"}},
         "python3.11", "f.handler", 10, {{"MINE", "1"}, {"TZ", "Asia/Tokyo"}});
  auto result = invoke("own", "{}", true);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->tier, "zygote") << result->payload;
  EXPECT_EQ(member(result, "env"), "1");
  EXPECT_EQ(member(result, "cwd"), "true");
  EXPECT_EQ(member(result, "secret"), "false");
  EXPECT_EQ(member(result, "tz"), "JST");
  EXPECT_EQ(member(result, "main"), "true");
  EXPECT_EQ(member(result, "path"), "true");
  EXPECT_EQ(member(result, "fds"), "[0,1,2,3,4]") << "its connection and the folder it reads";
  EXPECT_EQ(member(result, "children"), "child");
  EXPECT_THAT(result->log_tail, HasSubstr("[WARNING]"));
  EXPECT_THAT(result->log_tail, HasSubstr("printed"));
}

TEST_F(TiersTest, ForkedWorkersShareNoChance) {
  start();
  python_zygote();
  std::set<std::string> seen;
  for (int i = 0; i < 4; ++i) {
    const std::string name = "chance" + std::to_string(i);
    python(name,
           "import random, uuid, os, tempfile\n"
           "def handler(e, c): return {'r': [random.random(), str(uuid.uuid4()), "
           "os.urandom(4).hex()]}\n");
    auto result = invoke(name);
    EXPECT_EQ(result->tier, "zygote");
    seen.insert(member(result, "r").substr(0, 12));
  }
  EXPECT_EQ(seen.size(), 4u);
}

TEST_F(TiersTest, TheFunctionsOwnModulesComeBeforeThoseLoadedForIt) {
  start();
  python_zygote();
  create("shadow", {{"f.py",
                     "import queue, boto3, json\ndef handler(e, c): return {'q': queue.MINE, 'b': "
                     "boto3.MINE, 'j': hasattr(json, 'MINE')}\n"},
                    {"queue.py", "MINE = 'own'\n"},
                    {"json.py", "MINE = 'own'\n"},
                    {"boto3/__init__.py", "MINE = 'own'\n"}});
  auto result = invoke("shadow");
  EXPECT_EQ(result->tier, "zygote");
  EXPECT_EQ(member(result, "q"), "own");
  EXPECT_EQ(member(result, "b"), "own");
  EXPECT_EQ(member(result, "j"), "false") << "what the bootstrap needs is not theirs, as always";
}

TEST_F(TiersTest, ForkedWorkersEndAsOthersDo) {
  start();
  python_zygote();
  python("exit", "import os\ndef handler(e, c): os._exit(3)\n");
  EXPECT_THAT(invoke("exit")->payload, HasSubstr("exit status 3"));
  python("killed", "import os\ndef handler(e, c): os.kill(os.getpid(), 9)\n");
  EXPECT_THAT(invoke("killed")->payload, HasSubstr("signal: killed"));
  python("late", "import time\ndef handler(e, c): time.sleep(9)\n", 1);
  EXPECT_THAT(invoke("late")->payload, HasSubstr("timed out after 1.00 seconds"));
  python("broken", "raise ValueError('at import')\n");
  auto broken = invoke("broken");
  EXPECT_EQ(member(broken, "errorType"), "ValueError");
  EXPECT_THAT(broken->payload, HasSubstr("f.py"));
  EXPECT_THAT(broken->payload, Not(HasSubstr("zygote")));
}

TEST_F(TiersTest, NothingOutlivesAForkedWorker) {
  start();
  python_zygote();
  const std::string sleep = unique_sleep();
  python("leave",
         "import subprocess, os\n"
         "def handler(e, c):\n"
         "    if e: os._exit(1)\n"
         "    subprocess.run(['sh', '-c', 'setsid sleep " +
             sleep + " & exit'])\n");
  EXPECT_EQ(invoke("leave", "0")->tier, "zygote");
  EXPECT_FALSE(processes_with(sleep).empty()) << "lives on while the worker does";
  invoke("leave", "1");
  EXPECT_TRUE(end_soon(sleep));
}

TEST_F(TiersTest, AZygoteThatDiesIsReplacedAndItsWorkersLiveOn) {
  start();
  python_zygote();
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
  }
  EXPECT_EQ(zygotes, 1);
  EXPECT_EQ(invoke("me")->payload, worker);
  python_zygote();
}

TEST_F(TiersTest, VariablesThatMatterAtTheStartOfAProcessMeanAStartOfItsOwn) {
  start();
  python_zygote();
  create("locale", {{"f.py", "import os\ndef handler(e, c): return os.environ['LC_ALL']\n"}},
         "python3.11", "f.handler", 10, {{"LC_ALL", "C"}});
  auto result = invoke("locale");
  EXPECT_EQ(result->payload, "\"C\"");
  EXPECT_EQ(result->tier, "plain");
}

TEST_F(TiersTest, ACellBecomesTheFunctionsWorker) {
  start();
  node_cell();
  usleep(400'000);  // the next one starts in the background
  create("own",
         {{"f.js",
           "exports.handler = async () => { console.log('told'); return {env: process.env.MINE, "
           "cell: process.env.PERDURE_CELL, secret: process.env.PERDURE_WORKER_SECRET, "
           "cwd: process.cwd() === process.env.LAMBDA_TASK_ROOT, "
           "hour: new Date(0).getHours()}; };\n"}},
         "nodejs20.x", "f.handler", 10, {{"MINE", "1"}, {"TZ", "Asia/Tokyo"}});
  auto result = invoke("own", "{}", true);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->tier, "cell") << result->payload;
  EXPECT_EQ(member(result, "env"), "1");
  EXPECT_EQ(member(result, "cwd"), "true");
  EXPECT_EQ(member(result, "hour"), "9");
  EXPECT_THAT(result->payload, Not(HasSubstr("cell")));
  EXPECT_THAT(result->payload, Not(HasSubstr("secret")));
  EXPECT_THAT(result->log_tail, HasSubstr("told"));
  EXPECT_EQ(invoke("own")->tier, "warm");
}

TEST_F(TiersTest, WhatIsKeptReadyEndsWithTheSpawner) {
  setenv("PERDURE_TEST_LINGER_MS", "200", 1);
  start();
  unsetenv("PERDURE_TEST_LINGER_MS");
  python_zygote();
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

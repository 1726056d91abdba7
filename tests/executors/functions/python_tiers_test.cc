// Workers of Python: forked from the zygote, or cells that it has forked before they are needed. At
// each level of sandbox they come another way.

#include <fstream>
#include <set>

#include "tests/executors/functions/tiers_fixture.h"

namespace perdure::executors {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class PythonTiersTest : public TiersTest, public testing::WithParamInterface<sandbox::Level> {
 protected:
  // False: this machine has less.
  bool enter() {
    start();
    if (runtime().statistics().sandbox_level < GetParam()) return false;
    if (runtime().statistics().sandbox_level > GetParam()) start({.chosen_sandbox = GetParam()});
    python_ready(tier());
    return true;
  }
  // Into a root of its own as an ordinary user makes it nothing can be mounted later.
  static std::string tier() { return GetParam() == sandbox::Level::b ? "zygote" : "cell"; }
};

INSTANTIATE_TEST_SUITE_P(Levels, PythonTiersTest,
                         testing::Values(sandbox::Level::a, sandbox::Level::b, sandbox::Level::c,
                                         sandbox::Level::none),
                         [](const auto& info) {
                           return "at_" + std::string(sandbox::name_of(info.param));
                         });

TEST_P(PythonTiersTest, AForkedWorkerIsTheFunctionsOwn) {
  if (!enter()) GTEST_SKIP() << "this machine has no such sandbox";
  Result<InvokeResult> result = internal_error("not called");
  for (int i = 0; i < tries && (!result || result->tier != tier()); ++i) {
    const std::string name = "own" + std::to_string(i);
    create(
        name,
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
    result = invoke(name, "{}", true);
    ASSERT_TRUE(result);
    ASSERT_FALSE(result->function_error) << result->payload;
  }
  EXPECT_EQ(result->tier, tier());
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

TEST_P(PythonTiersTest, ForkedWorkersShareNoChance) {
  if (!enter()) GTEST_SKIP() << "this machine has no such sandbox";
  std::set<std::string> seen;
  for (int i = 0; i < 4; ++i) {
    const std::string name = "chance" + std::to_string(i);
    python(name,
           "import random, uuid, os, tempfile\n"
           "def handler(e, c): return {'r': [random.random(), str(uuid.uuid4()), "
           "os.urandom(4).hex()]}\n");
    auto result = invoke(name);
    EXPECT_THAT(result->tier, AnyOf("cell", "zygote"));
    seen.insert(member(result, "r").substr(0, 12));
  }
  EXPECT_EQ(seen.size(), 4u);
}

TEST_P(PythonTiersTest, TheFunctionsOwnModulesComeBeforeThoseLoadedForIt) {
  if (!enter()) GTEST_SKIP() << "this machine has no such sandbox";
  create("shadow", {{"f.py",
                     "import queue, boto3, json\ndef handler(e, c): return {'q': queue.MINE, 'b': "
                     "boto3.MINE, 'j': hasattr(json, 'MINE')}\n"},
                    {"queue.py", "MINE = 'own'\n"},
                    {"json.py", "MINE = 'own'\n"},
                    {"boto3/__init__.py", "MINE = 'own'\n"}});
  auto result = invoke("shadow");
  EXPECT_THAT(result->tier, AnyOf("cell", "zygote"));
  EXPECT_EQ(member(result, "q"), "own");
  EXPECT_EQ(member(result, "b"), "own");
  EXPECT_EQ(member(result, "j"), "false") << "what the bootstrap needs is not theirs, as always";
}

TEST_P(PythonTiersTest, ForkedWorkersEndAsOthersDo) {
  if (!enter()) GTEST_SKIP() << "this machine has no such sandbox";
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

TEST_P(PythonTiersTest, NothingOutlivesAForkedWorker) {
  if (!enter()) GTEST_SKIP() << "this machine has no such sandbox";
  const std::string sleep = unique_sleep();
  python("leave",
         "import subprocess, os\n"
         "def handler(e, c):\n"
         "    if e: os._exit(1)\n"
         "    subprocess.run(['sh', '-c', 'setsid sleep " +
             sleep + " & exit'])\n");
  EXPECT_THAT(invoke("leave", "0")->tier, AnyOf("cell", "zygote"));
  EXPECT_TRUE(begin_soon(sleep)) << "lives on while the worker does";
  invoke("leave", "1");
  EXPECT_TRUE(end_soon(sleep));
}

// What a cell was made with, and used to get ready, is not what its function has.
TEST_P(PythonTiersTest, NothingIsLeftOfWhatACellDidBefore) {
  if (!enter()) GTEST_SKIP() << "this machine has no such sandbox";
  Result<InvokeResult> result = internal_error("not called");
  for (int i = 0; i < tries && (!result || result->tier != tier()); ++i) {
    const std::string name = "clean" + std::to_string(i);
    create(name, {{"f.py",
                   "import os, sys\n"
                   "import warm\n"
                   "def handler(e, c):\n"
                   "    return {'cell': 'PERDURE_CELL' in os.environ, 'warm': warm.MINE, 'paths': "
                   "[p for p in sys.path if 'bootstrap' in p or 'runtime' in p], 'pyc': "
                   "sys.dont_write_bytecode, 'group': os.getpgid(0) == os.getpid()}\n"},
                  {"warm.py", "MINE = 'own'\n"}});
    result = invoke(name);
    ASSERT_TRUE(result && !result->function_error) << result->payload;
  }
  EXPECT_EQ(result->payload,
            R"({"cell": false, "warm": "own", "paths": [], "pyc": false, "group": true})");
}

}  // namespace
}  // namespace perdure::executors

// Calls of warm workers, of which the spawner does not hear: their output, their deadlines, and
// engines that are lost in the middle of them.

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

class WarmCallsTest : public RuntimeTest {
 protected:
  WarmCallsTest() { start(); }

  // Says in a file when it has begun, and ends when it is told so there or after `event` seconds.
  void waiting(const std::string& name, int64_t timeout_s) {
    marks_ = folder_ + "/marks";
    std::filesystem::create_directories(marks_);
    std::filesystem::permissions(marks_, std::filesystem::perms(0777));
    start({.chosen_sandbox = sandbox::Level::none});
    python(name,
           "import os, time\n"
           "def handler(event, context):\n"
           "    if not event: return os.getpid()\n"
           "    open('" +
               marks_ +
               "/begun', 'w').close()\n"
               "    print('begun')\n"
               "    time.sleep(event)\n"
               "    return 'waited'\n",
           timeout_s);
  }
  void until_begun() {
    for (int i = 0; i < 50'000 && !file_exists(marks_ + "/begun"); ++i) usleep(100);
    ASSERT_TRUE(file_exists(marks_ + "/begun"));
  }
  std::string marks_;
};

TEST_F(WarmCallsTest, WhatIsPrintedBeforeAnAnswerStandsBeforeItsEnd) {
  python("f",
         "import os, subprocess\n"
         "def handler(event, context):\n"
         "    subprocess.run(['echo', 'child ' + event])\n"
         "    os.write(2, b'error ' + event.encode() + b'\\n')\n"
         "    os.write(1, b'much\\n' * 8000)\n"
         "    os.write(1, b'raw ' + event.encode())\n");
  std::vector<std::string> wanted;
  for (int i = 0; i < 8; ++i) {
    const std::string n = std::to_string(i);
    const auto result = invoke("f", "\"" + n + "\"");
    ASSERT_TRUE(result && !result->function_error);
    for (const char* line : {"START", "child ", "error ", "raw ", "END"}) {
      const bool ours = std::string_view(line).ends_with(' ');
      wanted.push_back(line + (ours ? n : " RequestId: " + result->request_id));
    }
  }
  ASSERT_TRUE(comes_into_log("f", wanted.back()));
  std::vector<std::string> seen;
  for (std::string line : log_of("f")) {
    if (line.starts_with("REPORT") || line == "much") continue;
    if (line.starts_with("START")) line.resize(line.find(" Version"));
    seen.push_back(line);
  }
  // Two pipes have no order between them. `much` is more than is read of a pipe in one go.
  for (size_t i = 0; i + 4 < seen.size(); i += 5) std::sort(&seen[i + 1], &seen[i + 4]);
  EXPECT_EQ(seen, wanted);
}

TEST_F(WarmCallsTest, AnEngineLostInTheFirstMomentOfACallGetsItsAnswerOnce) {
  waiting("f", 10);
  const auto worker = invoke("f", "0")->payload;
  auto lost = begin("f", "0.5");
  until_begun();
  start({.chosen_sandbox = sandbox::Level::none});
  EXPECT_EQ(runtime().statistics().busy, 1);
  for (int i = 0; i < 500 && runtime().statistics().busy > 0; ++i) usleep(20'000);
  EXPECT_EQ(runtime().statistics().busy, 0);
  EXPECT_EQ(invoke("f", "0")->payload, worker) << "it is warm, and free once";
  EXPECT_EQ(runtime().statistics().cold_starts, 0u);
  start({.chosen_sandbox = sandbox::Level::none});
  EXPECT_EQ(runtime().statistics().busy, 0) << "what is answered is found no more";
  const auto log = log_of("f");
  EXPECT_EQ(std::ranges::count(log, "begun"), 1);
}

TEST_F(WarmCallsTest, ACallOfALostEngineEndsAtItsDeadline) {
  waiting("f", 1);
  const std::string worker = invoke("f", "0")->payload;
  auto lost = begin("f", "600");
  until_begun();
  drop();
  const auto process = [&] { return file_exists("/proc/" + worker + "/cmdline"); };
  EXPECT_TRUE(process());
  for (int i = 0; i < 250 && process(); ++i) usleep(20'000);
  EXPECT_FALSE(process());
}

TEST_F(WarmCallsTest, ARestartLosesNoLineAndPrintsNoneTwice) {
  python("f",
         "import os, time\n"
         "def handler(event, context):\n"
         "    for i in range(event):\n"
         "        os.write(1, b'line %d\\n' % i)\n"
         "        time.sleep(0.002)\n");
  invoke("f", "0");
  auto lost = begin("f", "400");
  for (int i = 0; i < 3; ++i) {
    usleep(200'000);
    start();
  }
  ASSERT_TRUE(comes_into_log("f", "line 399"));
  std::vector<std::string> seen, wanted;
  for (int i = 0; i < 400; ++i) wanted.push_back("line " + std::to_string(i));
  for (const std::string& line : log_of("f")) {
    if (line.starts_with("line ")) seen.push_back(line);
  }
  EXPECT_EQ(seen, wanted);
}

TEST_F(WarmCallsTest, ALineThatARestartFindsHalfPrintedIsNotLost) {
  waiting("f", 10);
  python("g",
         "import os, time\n"
         "def handler(event, context):\n"
         "    os.write(1, b'first half')\n"
         "    open('" +
             marks_ +
             "/begun', 'w').close()\n"
             "    time.sleep(1)\n"
             "    os.write(1, b', second half\\n')\n");
  auto lost = begin("g");
  until_begun();
  usleep(100'000);  // in which the engine has read it
  start({.chosen_sandbox = sandbox::Level::none});
  ASSERT_TRUE(comes_into_log("g", "second half"));
  std::string all;
  for (const std::string& line : log_of("g")) all += line;
  EXPECT_NE(all.find("first half, second half"), all.npos);
}

TEST_F(WarmCallsTest, WhatPrintsWithoutEndHoldsUpNobody) {
  python("noisy",
         "import subprocess\nrunning = []\n"
         "def handler(event, context):\n"
         "    if event: running.append(subprocess.Popen(['yes']))\n"
         "    for each in running if event is None else []: each.kill()\n");
  python("quiet", "def handler(event, context): return event\n");
  invoke("quiet");
  ASSERT_FALSE(invoke("noisy", "true")->function_error);
  std::vector<int64_t> took_us;
  for (int i = 0; i < 20; ++i) {
    for (const char* name : {"quiet", "noisy"}) {
      const auto answer = invoke(name, "false");
      ASSERT_TRUE(answer && !answer->function_error);
      took_us.push_back(answer->duration_us);
    }
  }
  EXPECT_FALSE(invoke("noisy", "null")->function_error);
  std::ranges::nth_element(took_us, took_us.begin() + 20);
  EXPECT_LT(took_us[20], 300'000);
}

}  // namespace
}  // namespace perdure::executors

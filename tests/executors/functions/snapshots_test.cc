// Versions with SnapStart: workers forked from a snapshot, inside the function's own walls.

#include <fstream>

#include "base/files.h"
#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class SnapshotsTest : public RuntimeTest {
 protected:
  // False: this machine has less than what they need.
  bool enter(FunctionOptions options = {}) {
    start(std::move(options));
    return runtime().statistics().sandbox_level == sandbox::Level::a;
  }

  FunctionConfiguration publish(const std::string& name) {
    const auto version = wait<FunctionConfiguration>(
        [&](auto done) { runtime().publish(tenant_, name, {}, std::move(done)); });
    EXPECT_TRUE(version) << version.error().cause;
    return version ? *version : FunctionConfiguration{};
  }

  FunctionConfiguration snap(const std::string& name, const std::string& source,
                             int64_t timeout_s = 10, Files more = {}) {
    more["f.py"] = source;
    CreateFunction request;
    request.extra["SnapStart"] = {{"ApplyOn", "PublishedVersions"}};
    create(name, more, "python3.11", "f.handler", timeout_s, {}, std::move(request));
    return publish(name);
  }

  // As snap(), and its snapshot is there.
  FunctionConfiguration snapped(const std::string& name, const std::string& source,
                                int64_t timeout_s = 10) {
    FunctionConfiguration version = snap(name, source, timeout_s);
    EXPECT_TRUE(comes_into_log(name, "Phase: init\tStatus: success\t")) << log_text(name);
    return version;
  }

  std::string log_text(const std::string& name) {
    std::string text;
    for (const std::string& line : log_of(name)) text += line + "\n";
    return text;
  }

  // Of the spawner's: those that were started as such, and are the first in their namespace.
  std::vector<int> snapshots() {
    std::vector<int> own;
    const std::string parent = std::to_string(runtime().statistics().spawner_pid);
    for (const int pid : processes_with("/var/runtime/bootstrap.py")) {
      const std::string process = std::to_string(pid);
      const auto environment = read_file("/proc/" + process + "/environ");
      const bool is_first = line_of(process, "NSpid:\t").ends_with("\t2") && environment &&
                            environment->find("PERDURE_SNAPSHOT=1") != environment->npos;
      // Its shepherd is the spawner's child.
      if (is_first && line_of(line_of(process, "PPid:\t"), "PPid:\t") == parent) {
        own.push_back(pid);
      }
    }
    return own;
  }
  static std::string line_of(const std::string& pid, const std::string& name) {
    const auto status = read_file("/proc/" + pid + "/status");
    const size_t at = status ? status->find(name) : std::string::npos;
    if (at == std::string::npos) return "";
    const size_t from = at + name.size();
    return status->substr(from, status->find('\n', from) - from);
  }
};

constexpr const char* skipped = "this machine has no sandbox of level A";

TEST_F(SnapshotsTest, AWorkerIsForkedFromItsVersionsSnapshot) {
  if (!enter()) GTEST_SKIP() << skipped;
  const auto version = snapped(
      "own",
      "import os, time\n"
      "time.sleep(0.3)\n"
      "LOADED = os.getpid()\n"
      "os.environ['SET_WHILE_LOADED'] = 'kept'\n"
      "print('loading')\n"
      "def handler(e, c):\n"
      "    print('printed')\n"
      "    return {'forked': os.getpid() != LOADED, 'kept': os.environ['SET_WHILE_LOADED'],\n"
      "            'type': os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'], 'cwd': os.getcwd(),\n"
      "            'stream': os.environ['AWS_LAMBDA_LOG_STREAM_NAME'] == c.log_stream_name,\n"
      "            'secret': [n for n in os.environ if 'PERDURE' in n], 'uid': os.getuid() > 0,\n"
      "            'fds': sorted(int(n) for n in os.listdir('/proc/self/fd')),\n"
      "            'tmp': os.listdir('/tmp'), 'group': os.getpgid(0) == os.getpid(),\n"
      "            'children': os.popen('echo child').read().strip()}\n");
  EXPECT_TRUE(runtime().is_optimized(version));
  const auto result = invoke("own:1", "{}", true);
  ASSERT_TRUE(result && !result->function_error) << result->payload;
  EXPECT_EQ(result->tier, "snapshot");
  EXPECT_LT(result->init_us, 250'000) << "it does not load the function again";
  EXPECT_EQ(result->payload,
            R"({"forked": true, "kept": "kept", "type": "snap-start", "cwd": "/var/task", )"
            R"("stream": true, "secret": [], "uid": true, "fds": [0, 1, 2, 3, 4], "tmp": [], )"
            R"("group": true, "children": "child"})");
  EXPECT_THAT(result->log_tail, HasSubstr("printed"));
  EXPECT_THAT(result->log_tail, ContainsRegex("Restore Duration: [0-9.]+ ms\tBilled Restore"));
  EXPECT_THAT(result->log_tail, Not(HasSubstr("Init Duration")));
  const std::string log = log_text("own");
  EXPECT_THAT(log, ContainsRegex("INIT_REPORT Init Duration: 3[0-9.]+ ms|INIT_REPORT Init"));
  EXPECT_THAT(log, HasSubstr("RESTORE_START Runtime Version: python3.11\n"));
  EXPECT_THAT(log, ContainsRegex("RESTORE_REPORT Restore Duration: [0-9.]+ ms\n"));
  EXPECT_EQ(log.find("loading"), log.rfind("loading")) << "once, by the snapshot";
}

TEST_F(SnapshotsTest, WhatIsNotPublishedOrDoesNotWantItHasNone) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped("some",
          "import os\ndef handler(e, c): return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']");
  EXPECT_EQ(invoke("some")->payload, "\"on-demand\"");
  EXPECT_NE(invoke("some")->tier, "snapshot");
  EXPECT_FALSE(runtime().is_optimized(*runtime().find(tenant_, "some")));
  python("plain",
         "import os\ndef handler(e, c): return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']");
  const auto version = publish("plain");
  EXPECT_FALSE(runtime().is_optimized(version));
  EXPECT_EQ(invoke("plain:1")->payload, "\"on-demand\"");
}

TEST_F(SnapshotsTest, HooksRunAroundTheSnapshot) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped(
      "hooks",
      "from snapshot_restore_py import register_before_snapshot, register_after_restore\n"
      "seen = []\n"
      "@register_before_snapshot\n"
      "def one(): seen.append('before 1')\n"
      "register_before_snapshot(lambda what, more: seen.append(what + more), 'before', more=' 2')\n"
      "@register_after_restore\n"
      "def three(): seen.append('after 1')\n"
      "register_after_restore(seen.append, 'after 2')\n"
      "def handler(e, c): return seen\n");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(invoke("hooks:1")->payload, R"(["before 2", "before 1", "after 1", "after 2"])");
  }
}

TEST_F(SnapshotsTest, AFailingHookIsAFailingStart) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped("after",
          "from snapshot_restore_py import register_after_restore\n"
          "@register_after_restore\n"
          "def hook(): raise ValueError('not restored')\n"
          "def handler(e, c): return 1\n");
  const auto after = invoke("after:1");
  EXPECT_EQ(member(after, "errorType"), "ValueError");
  EXPECT_EQ(member(after, "errorMessage"), "not restored");
  EXPECT_EQ(after->tier, "snapshot");
  const auto version = snap("before",
                            "from snapshot_restore_py import register_before_snapshot\n"
                            "@register_before_snapshot\n"
                            "def hook(): raise ValueError('no picture')\n"
                            "def handler(e, c): return 1\n");
  EXPECT_TRUE(comes_into_log("before", "ValueError: no picture"));
  EXPECT_EQ(member(invoke("before:1"), "errorMessage"), "no picture");
  EXPECT_FALSE(runtime().is_optimized(version));
}

TEST_F(SnapshotsTest, WorkersOfASnapshotShareNoChance) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped("chance",
          "import random, uuid, ssl, os, tempfile, time\n"
          "first = [random.random(), str(uuid.uuid4()), ssl.RAND_bytes(8)]\n"
          "def handler(e, c):\n"
          "    time.sleep(0.5)\n"
          "    return {'random': random.random(), 'uuid': str(uuid.uuid4()),\n"
          "            'ssl': ssl.RAND_bytes(8).hex(), 'name': tempfile.mktemp()}\n");
  auto one = begin("chance:1"), two = begin("chance:1");
  const auto a = one.get(), b = two.get();
  EXPECT_EQ(a->tier, "snapshot");
  EXPECT_EQ(b->tier, "snapshot");
  for (const char* each : {"random", "uuid", "ssl", "name"}) {
    EXPECT_NE(member(a, each), member(b, each)) << each;
  }
}

TEST_F(SnapshotsTest, WhatCannotBeForkedStartsTheOrdinaryWayAndTheLogSaysWhy) {
  if (!enter()) GTEST_SKIP() << skipped;
  const std::string hooks =
      "from snapshot_restore_py import register_after_restore\n"
      "register_after_restore(lambda: seen.append('restored'))\n"
      "seen = []\n"
      "def handler(e, c): return seen\n";
  const std::pair<const char*, const char*> cases[] = {
      {"import threading, time\n"
       "threading.Thread(target=time.sleep, args=(60,), name='clock', daemon=True).start()\n",
       "1 thread beside the first runs once it is loaded (clock)"},
      {"import subprocess\nsubprocess.Popen(['sleep', '60'])\n",
       "processes that it has started still run"},
      {"open('/tmp/model', 'w').write('weights')\n", "it has left files in /tmp (model)"},
      {"import asyncio\nloop = asyncio.new_event_loop()\n",
       "it has [eventpoll] open, which its workers would share"},
      {"import tempfile\nfile = tempfile.TemporaryFile(buffering=0)\n",
       "which its workers would share"},
      {"import mmap\nshared = mmap.mmap(-1, 4096)\n",
       "it has memory that its workers would share"}};
  int number = 0;
  for (const auto& [source, reason] : cases) {
    const std::string name = "refused" + std::to_string(++number);
    const auto version = snap(name, source + hooks);
    EXPECT_TRUE(comes_into_log(name, reason)) << log_text(name);
    EXPECT_THAT(log_text(name),
                HasSubstr("SnapStart: no snapshot, workers start the ordinary way"));
    const auto result = invoke(name + ":1");
    EXPECT_NE(result->tier, "snapshot");
    EXPECT_EQ(result->payload, R"(["restored"])");
    EXPECT_FALSE(runtime().is_optimized(version));
  }
  EXPECT_TRUE(snapshots().empty());
}

TEST_F(SnapshotsTest, AStartThatFailsFailsAsWithout) {
  if (!enter()) GTEST_SKIP() << skipped;
  snap("broken", "raise ValueError('at import')\n");
  EXPECT_TRUE(comes_into_log("broken", "its start fails with ValueError: at import"));
  EXPECT_EQ(member(invoke("broken:1"), "errorMessage"), "at import");
  snapped("missing", "import no_such_module\n");
  EXPECT_EQ(member(invoke("missing:1"), "errorType"), "Runtime.ImportModuleError");
}

TEST_F(SnapshotsTest, AtLesserLevelsThereIsNone) {
  start({.chosen_sandbox = sandbox::Level::none});
  const auto version = snap("none", "def handler(e, c): return 1\n");
  EXPECT_TRUE(comes_into_log("none", "it needs a sandbox of level A, this one has none"));
  EXPECT_FALSE(runtime().is_optimized(version));
  EXPECT_EQ(invoke("none:1")->payload, "1");
}

// One worker leaves a secret and stays at work; another looks for it.
TEST_F(SnapshotsTest, WorkersOfASnapshotCannotReachEachOther) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped(
      "apart",
      "import os, time, ctypes, socket\n"
      "c = ctypes.CDLL(None, use_errno=True)\n"
      "outside = os.open('/', os.O_RDONLY)\n"
      "def attempt(what):\n"
      "    try: return str(what())\n"
      "    except Exception as error: return type(error).__name__\n"
      "def each(what):\n"
      "    others = [p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]\n"
      "    return sorted({attempt(lambda: what(p)) for p in others})\n"
      "def handler(e, context):\n"
      "    if 'stay' in e:\n"
      "        open('/tmp/secret', 'w').write('mine')\n"
      "        os.environ['SECRET'] = 'mine'\n"
      "        s = socket.socket(socket.AF_UNIX); s.bind('\\0' + 'door'); s.listen()\n"
      "        time.sleep(3)\n"
      "        return open('/tmp/secret').read()\n"
      "    s = socket.socket(socket.AF_UNIX)\n"
      "    return {'tmp': os.listdir('/tmp'), 'place': attempt(lambda: os.listdir('/.workers')),\n"
      "            'chroot': c.chroot(b'/tmp'), 'again': c.chroot(b'.'),\n"
      "            'roots': each(lambda p: os.listdir(os.path.join('/proc', p, 'root', 'tmp'))),\n"
      "            'environ': each(lambda p: open('/proc/%s/environ' % p, 'rb').read()),\n"
      "            'mem': each(lambda p: open('/proc/%s/mem' % p, 'rb')),\n"
      "            'kill': each(lambda p: os.kill(int(p), 0)),\n"
      "            'ptrace': [c.ptrace(16, int(p), 0, 0) for p in ('1', '2')],\n"
      "            'door': attempt(lambda: s.connect('\\0' + 'door')),\n"
      "            'write': [attempt(lambda: os.open(n, os.O_CREAT | os.O_WRONLY, dir_fd=outside)) "
      "for n in ('x', 'tmp/x', '.workers/x')],\n"
      "            'caps': [l.split()[1] for l in open('/proc/self/status') if "
      "l.startswith(('CapEff', 'CapPrm', 'CapInh', 'CapAmb'))]}\n");
  auto staying = begin("apart:1", R"({"stay": 1})");
  usleep(700'000);
  const auto result = invoke("apart:1");
  EXPECT_EQ(result->tier, "snapshot");
  EXPECT_EQ(member(result, "tmp"), "[]");
  EXPECT_EQ(member(result, "place"), "[]") << "of its own root, empty";
  EXPECT_EQ(member(result, "chroot"), "-1");
  EXPECT_EQ(member(result, "again"), "-1");
  EXPECT_EQ(member(result, "roots"), R"(["PermissionError"])");
  EXPECT_EQ(member(result, "environ"), R"(["PermissionError"])");
  EXPECT_EQ(member(result, "mem"), R"(["PermissionError"])");
  EXPECT_EQ(member(result, "kill"), R"(["PermissionError"])");
  EXPECT_EQ(member(result, "ptrace"), "[-1,-1]");
  EXPECT_EQ(member(result, "door"), "PermissionError");
  EXPECT_THAT(member(result, "write"),
              testing::EndsWith(R"(Error","PermissionError","PermissionError"])"));
  EXPECT_EQ(member(result, "caps"),
            R"(["0000000000000000","0000000000000000","0000000000000000","0000000000000000"])");
  EXPECT_EQ(staying.get()->payload, "\"mine\"");
}

// The snapshot may change its root, and that leads nowhere.
TEST_F(SnapshotsTest, WhatIsLoadedIsInsideTheWallsToo) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped("walls",
          "import os, subprocess\n"
          "def attempt(what):\n"
          "    try: return str(what())\n"
          "    except Exception as error: return type(error).__name__\n"
          "caps = [l.split()[1] for l in open('/proc/self/status') if l.startswith(('CapEff', "
          "'CapAmb'))]\n"
          "child = subprocess.run(['grep', 'CapEff', '/proc/self/status'], capture_output=True, "
          "text=True).stdout.split()[1]\n"
          "seen = {'caps': caps, 'child': child, 'place': attempt(lambda: "
          "os.listdir('/.workers')), 'make': attempt(lambda: os.mkdir('/.workers/x')),\n"
          "        'chroot': attempt(lambda: os.chroot('/.workers')), 'setuid': attempt(lambda: "
          "os.setuid(0)), 'root': attempt(lambda: open('/usr/x', 'w')),\n"
          "        'processes': [p for p in os.listdir('/proc') if p.isdigit()]}\n"
          "def handler(e, c): return seen\n");
  const auto result = invoke("walls:1");
  EXPECT_EQ(member(result, "caps"), R"(["0000000000040000","0000000000000000"])");
  EXPECT_EQ(member(result, "child"), "0000000000000000");
  EXPECT_EQ(member(result, "place"), "PermissionError");
  EXPECT_EQ(member(result, "make"), "PermissionError");
  EXPECT_EQ(member(result, "chroot"), "PermissionError");
  EXPECT_EQ(member(result, "setuid"), "PermissionError");
  EXPECT_EQ(member(result, "root"), "OSError");
  EXPECT_EQ(member(result, "processes"), R"(["1","2"])");
}

TEST_F(SnapshotsTest, ConnectionsOfTheSnapshotAreClosedInItsWorkers) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped("connected",
          "import socket\n"
          "one, other = socket.socketpair()\n"
          "number = one.fileno()\n"
          "def handler(e, c):\n"
          "    try: sent = one.send(b'x')\n"
          "    except BrokenPipeError: sent = 'broken'\n"
          "    return [one.recv(1).decode(), sent, one.fileno() == number]\n");
  EXPECT_EQ(invoke("connected:1")->payload, R"(["", "broken", true])");
}

TEST_F(SnapshotsTest, EachWorkerHasItsOwnPlaceInAFile) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped("place",
          "import os, time\n"
          "file = os.open(__file__, os.O_RDONLY)\n"
          "os.lseek(file, 7, 0)\n"
          "def handler(e, c):\n"
          "    time.sleep(0.3)\n"
          "    read = os.read(file, 3).decode()\n"
          "    time.sleep(0.3)\n"
          "    return [read, os.lseek(file, 0, 1)]\n");
  auto one = begin("place:1"), two = begin("place:1");
  for (auto* each : {&one, &two}) {
    const auto result = each->get();
    EXPECT_EQ(result->tier, "snapshot");
    EXPECT_EQ(result->payload, R"(["os,", 10])");
  }
}

TEST_F(SnapshotsTest, EachWorkerHasItsOwnMemoryAndItsPeakIsReported) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped("memory",
          "import time\n"
          "base = b'x' * (20 << 20)\n"
          "def handler(e, c):\n"
          "    held = b'y' * (e['mib'] << 20)\n"
          "    time.sleep(e.get('s', 0))\n"
          "    return len(held) >> 20\n");
  auto working = begin("memory:1", R"({"mib": 70, "s": 2})", false, true);
  usleep(500'000);
  const auto hog = invoke("memory:1", R"({"mib": 400, "s": 5})", true);
  EXPECT_EQ(hog->tier, "snapshot");
  EXPECT_TRUE(hog->function_error);
  EXPECT_THAT(hog->payload, HasSubstr("signal: killed"));
  EXPECT_THAT(hog->log_tail, HasSubstr("Error Type: Runtime.OutOfMemory"));
  const auto other = working.get();
  EXPECT_EQ(other->payload, "70") << "who has enough goes on";
  EXPECT_THAT(other->log_tail, ContainsRegex("Max Memory Used: (9[0-9]|1[0-2][0-9]) MB"))
      << "with what it shares";
}

TEST_F(SnapshotsTest, WorkersEndAsOthersDo) {
  if (!enter()) GTEST_SKIP() << skipped;
  const std::string sleep = unique_sleep();
  snapped("end",
          "import os, time, subprocess\n"
          "def handler(e, c):\n"
          "    subprocess.Popen(['setsid', 'sleep', '" +
              sleep +
              "'])\n"
              "    if e['how'] == 'exit': os._exit(3)\n"
              "    if e['how'] == 'kill': os.kill(os.getpid(), 9)\n"
              "    time.sleep(9)\n",
          1);
  const std::pair<const char*, const char*> cases[] = {
      {R"({"how": "exit"})", "exit status 3"},
      {R"({"how": "kill"})", "signal: killed"},
      {R"({"how": "late"})", "timed out after 1.00 seconds"}};
  for (const auto& [how, said] : cases) {
    const auto result = invoke("end:1", how);
    EXPECT_EQ(result->tier, "snapshot");
    EXPECT_THAT(result->payload, HasSubstr(said));
    EXPECT_TRUE(end_soon(sleep)) << how;
  }
  EXPECT_EQ(snapshots().size(), 1u);
}

TEST_F(SnapshotsTest, WorkersOutliveTheirSnapshotAndTheNextComesFromANewOne) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped("killed",
          "import os, time\n"
          "def handler(e, c):\n"
          "    time.sleep(e.get('s', 0))\n"
          "    return 'done'\n");
  auto working = begin("killed:1", R"({"s": 2})");
  usleep(500'000);
  ASSERT_EQ(snapshots().size(), 1u);
  kill(snapshots().front(), SIGKILL);
  EXPECT_EQ(invoke("killed:1")->payload, "\"done\"");
  EXPECT_EQ(working.get()->payload, "\"done\"");
  ASSERT_TRUE(comes_into_log("killed", "the snapshot has ended"));
  EXPECT_TRUE(snapshots().empty());
  usleep(1'100'000);  // so long none is made
  std::string tiers;
  // Each round needs a worker more.
  for (size_t count = 3; count < 12 && !tiers.ends_with("snapshot "); ++count) {
    std::vector<std::future<Result<InvokeResult>>> round;
    for (size_t i = 0; i < count; ++i) round.push_back(begin("killed:1", R"({"s": 0.4})"));
    for (auto& each : round) {
      const auto result = each.get();
      EXPECT_EQ(result->payload, "\"done\"");
      if (result->tier != "warm") (tiers += result->tier) += " ";
    }
  }
  EXPECT_THAT(tiers, ContainsRegex("^(plain|zygote|cell) .*snapshot $"));
}

TEST_F(SnapshotsTest, AnEngineThatComesBackFindsWorkersAndSnapshot) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped("again",
          "import os, time\n"
          "runs = 0\n"
          "def handler(e, c):\n"
          "    global runs\n"
          "    runs += 1\n"
          "    time.sleep(e.get('s', 0))\n"
          "    return [runs, os.getpid()]\n");
  std::promise<Result<InvokeResult>> lost;
  runtime().invoke({.tenant = tenant_,
                    .function = "again:1",
                    .payload = R"({"s": 2})",
                    .request_id = "11111111-1111-1111-1111-111111111111"},
                   [&](Result<InvokeResult> result) { lost.set_value(std::move(result)); });
  usleep(700'000);
  start();
  std::promise<Result<InvokeResult>> promise;
  runtime().invoke({.tenant = tenant_,
                    .function = "again:1",
                    .payload = R"({"s": 2})",
                    .request_id = "11111111-1111-1111-1111-111111111111"},
                   [&](Result<InvokeResult> result) { promise.set_value(std::move(result)); });
  const auto other = invoke("again:1");
  EXPECT_EQ(other->tier, "snapshot") << "the same snapshot";
  const auto result = promise.get_future().get();
  EXPECT_THAT(result->payload, HasSubstr("[1,")) << "it ran once";
}

TEST_F(SnapshotsTest, ASnapshotEndsWithItsFunctionOrWhenItIsIdle) {
  if (!enter({.idle_ttl_ms = 250})) GTEST_SKIP() << skipped;
  snapped("idle", "def handler(e, c): return 1\n");
  EXPECT_EQ(invoke("idle:1")->tier, "snapshot");
  EXPECT_EQ(snapshots().size(), 1u);
  for (int i = 0; i < 100 && !snapshots().empty(); ++i) usleep(50'000);
  EXPECT_TRUE(snapshots().empty());
  start();
  snapped("removed", "def handler(e, c): return 1\n");
  EXPECT_EQ(snapshots().size(), 1u);
  EXPECT_TRUE(wait<bool>([&](auto done) { runtime().remove(tenant_, "removed", done); }));
  for (int i = 0; i < 100 && !snapshots().empty(); ++i) usleep(50'000);
  EXPECT_TRUE(snapshots().empty());
  snapped("reduced", "def handler(e, c): return 1\n");
  EXPECT_EQ(snapshots().size(), 1u);
  EXPECT_TRUE(wait<bool>([&](auto done) {
    runtime().remove_version({.tenant = tenant_, .name = "reduced", .qualifier = "1"}, done);
  }));
  for (int i = 0; i < 100 && !snapshots().empty(); ++i) usleep(50'000);
  EXPECT_TRUE(snapshots().empty());
}

TEST_F(SnapshotsTest, ASnapshotGivesWayWhereMemoryIsShort) {
  if (!enter({.memory_mib = 1})) GTEST_SKIP() << skipped;
  snapped("large", "def handler(e, c): return 1\n");
  ASSERT_EQ(snapshots().size(), 1u);
  python("other", "def handler(e, c): return 2\n");
  EXPECT_EQ(invoke("other")->payload, "2");
  for (int i = 0; i < 100 && !snapshots().empty(); ++i) usleep(50'000);
  EXPECT_TRUE(snapshots().empty());
  EXPECT_EQ(invoke("large:1")->payload, "1");
}

// What the function's own code says at the spawner's socket is no order for anybody.
TEST_F(SnapshotsTest, ASnapshotThatSaysNonsenseIsNone) {
  if (!enter()) GTEST_SKIP() << skipped;
  snap("early",
       "import os\n"
       "try: os.write(3, b'taken')\n"
       "except OSError: pass\n"
       "def handler(e, c): return 1\n");
  snap("closed",
       "import os\n"
       "try: os.close(3)\n"
       "except OSError: pass\n"
       "def handler(e, c): return 1\n");
  EXPECT_TRUE(comes_into_log("early", "the snapshot has ended"));
  EXPECT_TRUE(comes_into_log("closed", "Bad file descriptor"));
  for (const char* name : {"early:1", "closed:1"}) {
    const auto result = invoke(name);
    EXPECT_EQ(result->payload, "1");
    EXPECT_NE(result->tier, "snapshot");
  }
}

// Its parent stays, so that the shepherd never hears of it.
TEST_F(SnapshotsTest, AWorkerThatNobodyReapsHoldsNoSlot) {
  if (!enter({.concurrency = 1})) GTEST_SKIP() << skipped;
  snapped("kept",
          "import os, time\n"
          "def stay(code):\n"
          "    while True: time.sleep(1000)\n"
          "os._exit = stay\n"
          "os.waitpid = lambda *a: (0, 0)\n"
          "def handler(e, c): time.sleep(30)\n",
          1);
  const auto late = invoke("kept:1");
  EXPECT_THAT(late->payload, HasSubstr("Task timed out after 1.00 seconds"));
  python("other", "def handler(e, c): return 1\n");
  EXPECT_EQ(invoke("other")->payload, "1");
}

// Each worker's folder comes by in the snapshot, whose code is anybody's.
TEST_F(SnapshotsTest, WhatAWorkerLeavesInTmpTakesNoMemory) {
  if (!enter()) GTEST_SKIP() << skipped;
  snapped("hoard",
          "import os\n"
          "kept = []\n"
          "chdir = os.fchdir\n"
          "fork = os.fork\n"
          "def hold():\n"
          "    for n in os.listdir('/proc/self/fd'):\n"
          "        try:\n"
          "            kept.append(os.open('tmp', os.O_PATH, dir_fd=int(n)))\n"
          "        except OSError: pass\n"
          "    return fork()\n"
          "os.fork = hold\n"
          "def handler(e, c):\n"
          "    os.makedirs('/tmp/a/b/c')\n"
          "    with open('/tmp/a/b/c/large', 'wb') as f:\n"
          "        for _ in range(100): f.write(bytes(1 << 20))\n"
          "    os.symlink('/etc', '/tmp/link')\n"
          "    os._exit(0)\n");
  const auto shared_mib = [] {
    const auto text = read_file("/proc/meminfo");
    return std::atoll(text->c_str() + text->find("Shmem:") + 6) / 1024;
  };
  const int64_t before = shared_mib();
  for (int i = 0; i < 4; ++i) {
    const auto result = invoke("hoard:1");
    EXPECT_EQ(result->tier, "snapshot");
    EXPECT_TRUE(result->function_error);
  }
  for (int i = 0; i < 100 && shared_mib() - before > 150; ++i) usleep(50'000);
  EXPECT_LE(shared_mib() - before, 150) << "of 400";
}

TEST_F(SnapshotsTest, ADeadSnapshotIsNoneForTheNextEngineAndItsWorkersGoOn) {
  if (!enter({.idle_ttl_ms = 300})) GTEST_SKIP() << skipped;
  snapped("dead",
          "import time\n"
          "def handler(e, c):\n"
          "    time.sleep(e.get('s', 0))\n"
          "    return 'done'\n");
  const std::string request_id = "22222222-2222-2222-2222-222222222222";
  const auto call = [&](std::promise<Result<InvokeResult>>& promise) {
    runtime().invoke({.tenant = tenant_,
                      .function = "dead:1",
                      .payload = R"({"s": 6})",
                      .request_id = request_id},
                     [&](Result<InvokeResult> result) { promise.set_value(std::move(result)); });
  };
  std::promise<Result<InvokeResult>> lost, promise;
  call(lost);
  usleep(500'000);
  ASSERT_EQ(snapshots().size(), 1u);
  kill(snapshots().front(), SIGKILL);
  ASSERT_TRUE(comes_into_log("dead", "the snapshot has ended"));
  start({.idle_ttl_ms = 300});
  call(promise);
  EXPECT_NE(invoke("dead:1")->tier, "snapshot");
  EXPECT_EQ(promise.get_future().get()->payload, "\"done\"") << "long after a snapshot is idle";
}

TEST_F(SnapshotsTest, OneThatEndsAgainAndAgainIsMadeNoMore) {
  if (!enter({.idle_ttl_ms = 200})) GTEST_SKIP() << skipped;
  snapped("ends",
          "import os\n"
          "def end(): os._exit(1)\n"
          "os.fork = end\n"
          "def handler(e, c): return 1\n");
  const std::string said = "workers start the ordinary way: it ends again and again";
  // A worker that starts without a snapshot asks for one, a while after the last has ended.
  for (int i = 0; i < 20 && log_text("ends").find(said) == std::string::npos; ++i) {
    EXPECT_EQ(invoke("ends:1")->payload, "1");
    usleep(600'000);
  }
  EXPECT_THAT(log_text("ends"), HasSubstr(said));
}

TEST_F(SnapshotsTest, OtherRuntimesAreRefused) {
  start();
  CreateFunction request;
  request.tenant = tenant_;
  request.name = "node";
  request.runtime = "nodejs20.x";
  request.handler = "f.handler";
  request.code = ZipCode{zip_of({{"f.js", "exports.handler = async () => 1;\n"}})};
  request.extra["SnapStart"] = {{"ApplyOn", "PublishedVersions"}};
  const auto refused =
      wait<FunctionConfiguration>([&](auto done) { runtime().create(request, std::move(done)); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refusal_of(refused.error()),
            "InvalidParameterValueException: nodejs20.x is not supported for SnapStart enabled "
            "functions.");
}

}  // namespace
}  // namespace perdure::executors

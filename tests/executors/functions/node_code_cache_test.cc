// The cache of compiled code, with real workers.

#include <sys/wait.h>

#include <filesystem>

#include "base/files.h"
#include "executors/functions/pool/code_caches.h"
#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

// What code can see of how it was loaded.
constexpr const char* curious = R"(
exports.handler = async () => {
  const places = [];
  try { exports.fail(); } catch (error) { places.push(error.stack.split('\n')[1].trim()); }
  try { late(); } catch (error) { places.push(error.stack.split('\n')[1].trim()); }
  return {
    places, imported: await require('./imports.js')(),
    file: __filename, folder: __dirname, cached: require.cache[__filename] === module,
    main: String(require.main), parent: typeof module.parent, self: this === undefined,
    paths: module.paths, child: module.children.map((each) => each.id),
    same: require('./small.js').parent === module, extensions: Object.keys(require.extensions),
    resolved: require.resolve('./small.js'), id: module.id, loaded: module.loaded,
    count: Object.keys(many).length, names: String(exports.fail),
  };
};
function late() { throw new Error('late'); }
)";

std::string large_code(const std::string& mark = "") {
  std::string code = "exports.fail = () => { throw new Error('first line'); }; const many = {};\n";
  for (int i = 0; i < 500; ++i) {
    const std::string n = std::to_string(i);
    code += "many.f" + n + " = function f" + n +
            "(a, b) { const list = []; for (let i = a; i < b; ++i) list.push(i * " + n + mark +
            "); return list; };\nmany.f" + n + "(0, 2);\n";
  }
  return code + "require('./small.js');\n" + curious;
}

Files files(const std::string& mark = "") {
  return {{"f.js", large_code(mark)},
          {"small.js", "exports.parent = module.parent;\n"},
          {"imports.js", "module.exports = async () => (await import('./other.mjs')).default;\n//" +
                             std::string(4000, 'x')},
          {"other.mjs", "export default 'other';\n"}};
}

class NodeCodeCacheTest : public RuntimeTest {
 protected:
  void SetUp() override {
    if (!interpreter_for("nodejs20.x")) GTEST_SKIP() << "Node.js is not installed";
  }
  void large(const std::string& name, const Files& code = files()) {
    create(name, code, "nodejs20.x");
  }
  struct Seen {
    uint64_t used = 0, rejected = 0, made = 0;
    bool operator==(const Seen&) const = default;
  };
  Seen seen(const std::string& name) {
    for (const FunctionUsage& usage : runtime().usage()) {
      if (!usage.function_arn.ends_with(":" + name)) continue;
      return {usage.code_caches_used, usage.code_caches_rejected, usage.code_caches_made};
    }
    return {};
  }
  // The worker says it once nobody calls.
  bool comes_to(const std::string& name, const Seen& wanted) {
    for (int i = 0; i < 250 && seen(name) != wanted; ++i) usleep(20'000);
    return seen(name) == wanted;
  }
  // The next worker is a new one of the same code.
  void change(const std::string& name, UpdateFunction update = {.description = "changed"}) {
    const auto changed = wait<FunctionConfiguration>(
        [&](auto done) { runtime().update(tenant_, name, std::move(update), std::move(done)); });
    ASSERT_TRUE(changed) << changed.error().cause;
  }
  std::vector<std::string> caches() {
    std::vector<std::string> found;
    std::error_code error;
    for (auto& entry :
         std::filesystem::recursive_directory_iterator(folder_ + "/functions/code_caches", error)) {
      if (entry.path().filename() == CodeCaches::file_name) found.push_back(entry.path());
    }
    return found;
  }
  bool caches_become(size_t count) {
    for (int i = 0; i < 250 && caches().size() != count; ++i) usleep(20'000);
    return caches().size() == count;
  }
};

TEST_F(NodeCodeCacheTest, TheNextWorkerUsesWhatTheFirstOneMadeAndSeesNoDifference) {
  start();
  create("own", files(), "nodejs20.x", "f.handler", 10, {{"NODE_OPTIONS", "--no-warnings"}});
  large("cached");
  const std::string by_node = invoke("own")->payload;  // nothing of ours between it and its code
  EXPECT_EQ(invoke("cached")->payload, by_node);
  EXPECT_TRUE(comes_to("cached", {0, 0, 1}));
  ASSERT_TRUE(caches_become(1));
  change("cached");
  EXPECT_EQ(invoke("cached")->payload, by_node);
  EXPECT_TRUE(comes_to("cached", {1, 0, 1}));
  EXPECT_EQ(seen("own"), Seen{});
  for (const std::string& line : log_of("cached")) {
    EXPECT_THAT(line, Not(testing::HasSubstr("Warning"))) << line;
  }
}

class NodeCodeCacheLevelTest : public NodeCodeCacheTest,
                               public testing::WithParamInterface<sandbox::Level> {};

TEST_P(NodeCodeCacheLevelTest, EveryWorkerAfterTheFirstUsesIt) {
  start();
  if (GetParam() > runtime().statistics().sandbox_level) GTEST_SKIP() << "not on this machine";
  const int spawner = runtime().statistics().spawner_pid;
  drop();
  ASSERT_EQ(kill(spawner, SIGTERM), 0);
  waitpid(spawner, nullptr, 0);
  start({.chosen_sandbox = GetParam()});
  large("f");
  const std::string answer = invoke("f")->payload;
  ASSERT_TRUE(comes_to("f", {0, 0, 1})) << answer;
  for (uint64_t i = 1; i <= 3; ++i) {
    usleep(300'000);  // a cell may be ready by then
    change("f");
    EXPECT_EQ(invoke("f")->payload, answer);
    EXPECT_TRUE(comes_to("f", {i, 0, 1})) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, NodeCodeCacheLevelTest,
                         testing::Values(sandbox::Level::none, sandbox::Level::c, sandbox::Level::b,
                                         sandbox::Level::a),
                         [](const auto& level) {
                           return std::string(sandbox::name_of(level.param));
                         });

TEST_F(NodeCodeCacheTest, AnotherFunctionOfTheSameCodeMakesItsOwn) {
  start();
  large("one");
  (void)invoke("one");
  EXPECT_TRUE(comes_to("one", {0, 0, 1}));
  large("two");
  (void)invoke("two");
  EXPECT_TRUE(comes_to("two", {0, 0, 1}));
  EXPECT_TRUE(caches_become(2));
}

TEST_F(NodeCodeCacheTest, OneThatIsDamagedIsIgnoredAndMadeAgain) {
  start();
  large("f");
  const std::string answer = invoke("f")->payload;
  EXPECT_TRUE(comes_to("f", {0, 0, 1}));
  ASSERT_TRUE(caches_become(1));
  const std::string file = caches()[0], whole = *read_file(file);
  // What was taken is written a moment later.
  const auto is_replaced = [&](const std::string& content) {
    for (int i = 0; i < 250 && *read_file(file) == content; ++i) usleep(20'000);
    return *read_file(file) != content;
  };
  // In the middle of the data, where V8 would believe it; then cut off.
  std::string damaged = whole;
  for (size_t at = damaged.size() / 2; at < damaged.size() / 2 + 64; ++at) damaged[at] ^= 0x10;
  uint64_t times = 0;
  for (const std::string& content : {damaged, whole.substr(0, whole.size() - 4096)}) {
    ++times;
    ASSERT_TRUE(write_file_atomically(file, content));
    change("f");
    EXPECT_EQ(invoke("f")->payload, answer);
    EXPECT_TRUE(comes_to("f", {0, times, 1 + times}));
    EXPECT_TRUE(is_replaced(content));
  }
  change("f");
  EXPECT_EQ(invoke("f")->payload, answer);
  EXPECT_TRUE(comes_to("f", {1, 2, 3}));
}

TEST_F(NodeCodeCacheTest, NewCodeMakesANewOneAndTheOldOneGoes) {
  start();
  large("f");
  (void)invoke("f");
  EXPECT_TRUE(comes_to("f", {0, 0, 1}));
  ASSERT_TRUE(caches_become(1));
  const std::string old = caches()[0];
  change("f", {.code = ZipCode{zip_of(files(" + 1"))}});
  (void)invoke("f");
  EXPECT_TRUE(comes_to("f", {0, 0, 2}));
  for (int i = 0; i < 250 && (caches().empty() || file_exists(old)); ++i) usleep(20'000);
  EXPECT_FALSE(file_exists(old));
  EXPECT_EQ(caches().size(), 1u);
  ASSERT_TRUE(wait<bool>([&](auto done) { runtime().remove(tenant_, "f", std::move(done)); }));
  EXPECT_TRUE(caches_become(0));
}

TEST_F(NodeCodeCacheTest, SmallFunctionsFailuresAndModulesHaveNone) {
  start();
  node("small", "exports.handler = async () => 1;\n");
  (void)invoke("small");
  large("fails", {{"f.js", large_code() + "exports.handler = async () => { throw 1; };\n"},
                  {"small.js", ""}});
  EXPECT_TRUE(invoke("fails")->function_error);
  large("module",
        {{"f.mjs", "export const handler = async () => 1;\n//" + std::string(40'000, 'x')}});
  EXPECT_EQ(invoke("module")->payload, "1");
  large("broken", {{"f.js", large_code() + "exports.handler = (;\n"}, {"small.js", ""}});
  EXPECT_EQ(member(invoke("broken"), "errorType"), "Runtime.UserCodeSyntaxError");
  usleep(500'000);
  for (const char* name : {"small", "fails", "module", "broken"}) EXPECT_EQ(seen(name), Seen{});
  EXPECT_TRUE(caches().empty());
}

// It can give us anything in its own name. Only its own workers see it, and they look at it first.
TEST_F(NodeCodeCacheTest, WhatAFunctionGivesInItsNameItGetsItself) {
  start();
  const std::string hostile = R"(
const own = require('fs').readFileSync('/proc/self/environ', 'latin1');
const [, worker] = /PERDURE_WORKER_ID=([^\0]+)/.exec(own);
const [, secret] = /PERDURE_WORKER_SECRET=([^\0]+)/.exec(own);
const give = () => new Promise((resolve) => require('http').request({
  socketPath: process.env.AWS_LAMBDA_RUNTIME_API.slice(5), path: '/perdure/code-cache',
  method: 'POST', headers: { 'Perdure-Worker': worker, 'Perdure-Secret': secret,
                             'Perdure-Code-Cache': 'none' } },
  (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
  .end('{"maker":"' + process.version + ' ' + process.arch + '","files":[["' + __filename +
       '",1,2,4]]}\njunk'));
exports.handler = async () => [await give(), await give()];
)";
  create("hostile", {{"f.js", large_code() + hostile}, {"small.js", ""}}, "nodejs20.x", "f.handler",
         10, {{"LC_ALL", "C"}});  // a process of its own: it shows its beginnings
  EXPECT_EQ(invoke("hostile")->payload, "[202,409]");
  EXPECT_TRUE(comes_to("hostile", {0, 0, 1}));
  ASSERT_TRUE(caches_become(1));
  change("hostile");
  EXPECT_EQ(invoke("hostile")->payload, "[202,409]");
  EXPECT_TRUE(comes_to("hostile", {0, 0, 2})) << "it says of itself what it likes, once";
}

}  // namespace
}  // namespace perdure::executors

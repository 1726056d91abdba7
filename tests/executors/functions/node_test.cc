#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

class NodeTest : public RuntimeTest {
 protected:
  void SetUp() override {
    if (!interpreter_for("nodejs20.x")) GTEST_SKIP() << "Node.js is not installed";
    start();
  }
};

TEST_F(NodeTest, AsyncHandlersEchoAndStayWarm) {
  node("echo", "let n = 0;\nexports.handler = async (event) => ({ event, n: ++n });\n");
  EXPECT_EQ(invoke("echo", R"({"a":"grüß"})")->payload, R"({"event":{"a":"grüß"},"n":1})");
  EXPECT_EQ(member(invoke("echo"), "n"), "2");
}

TEST_F(NodeTest, EachWayOfAnsweringCounts) {
  node("ways",
       "exports.handler = (event, context, callback) => {\n"
       "  switch (event) {\n"
       "    case 'callback': return void setTimeout(() => callback(null, 'called'), 5);\n"
       "    case 'error': return void callback(new TypeError('bad'));\n"
       "    case 'succeed': return void context.succeed({ ok: true });\n"
       "    case 'fail': return void context.fail(new Error('failed'));\n"
       "    case 'done': return void context.done(null, 3);\n"
       "    case 'waits': setTimeout(() => console.log('worked on'), 30);\n"
       "      return void callback(null, 'early');\n"
       "    case 'hurries': context.callbackWaitsForEmptyEventLoop = false;\n"
       "      setTimeout(() => {}, 60000); return void callback(null, 'hurried');\n"
       "    case 'promise': return Promise.resolve('kept');\n"
       "    case 'throw': throw new RangeError('thrown');\n"
       "  }\n"
       "};\n");
  auto payload = [&](const std::string& way) { return invoke("ways", '"' + way + '"')->payload; };
  EXPECT_EQ(payload("nothing"), "null");
  EXPECT_EQ(payload("callback"), "\"called\"");
  EXPECT_EQ(payload("succeed"), R"({"ok":true})");
  EXPECT_EQ(payload("done"), "3");
  EXPECT_EQ(payload("waits"), "\"early\"");
  EXPECT_EQ(payload("promise"), "\"kept\"");
  EXPECT_TRUE(comes_into_log("ways", "\tINFO\tworked on"));
  auto error = invoke("ways", "\"error\"");
  EXPECT_TRUE(error->function_error);
  EXPECT_EQ(member(error, "errorType"), "TypeError");
  EXPECT_EQ(member(error, "errorMessage"), "bad");
  EXPECT_THAT(member(error, "trace"), testing::StartsWith(R"(["TypeError: bad","    at )"));
  EXPECT_THAT(member(error, "trace"), testing::HasSubstr("/var/task/f.js:4:"));
  EXPECT_EQ(payload("hurries"), "\"hurried\"");  // its timer keeps the loop busy from here on
  EXPECT_EQ(member(invoke("ways", "\"fail\""), "errorMessage"), "failed");
  EXPECT_EQ(member(invoke("ways", "\"throw\""), "errorType"), "RangeError");
}

TEST_F(NodeTest, ModulesAndNestedFoldersAreFound) {
  create("esm", {{"f.mjs", "export const handler = async () => import.meta.url.slice(-5);\n"}},
         "nodejs20.x");
  EXPECT_EQ(invoke("esm")->payload, "\"f.mjs\"");
  create("package",
         {{"package.json", R"({"type":"module"})"},
          {"lib/f.js", "import { x } from './x.js';\nexport const handler = () => x;\n"},
          {"lib/x.js", "export const x = Promise.resolve('x');\n"}},
         "nodejs18.x", "lib/f.handler");
  EXPECT_EQ(invoke("package")->payload, "\"x\"");
}

TEST_F(NodeTest, FaultsOfThePackageAreNamed) {
  struct Case {
    std::string name, source, handler, type, message;
  };
  const Case cases[] = {
      {"missing-module", "require('not-there');\n", "f.handler", "Runtime.ImportModuleError",
       "Error: Cannot find module 'not-there'"},
      {"missing-file", "", "other.handler", "Runtime.ImportModuleError",
       "Error: Cannot find module 'other'"},
      {"missing-handler", "exports.x = 1;\n", "f.handler", "Runtime.HandlerNotFound",
       "f.handler is undefined or not exported"},
      {"bad-syntax", "exports.handler = (;\n", "f.handler", "Runtime.UserCodeSyntaxError",
       "SyntaxError: Unexpected token ';'"},
      {"throws-at-import", "throw new RangeError('early');\n", "f.handler", "RangeError", "early"},
      {"circular", "const a = {}; a.a = a; exports.handler = async () => a;\n", "f.handler",
       "Runtime.MarshalError", "Unable to stringify response body: "},
  };
  for (const Case& c : cases) {
    create(c.name, {{"f.js", c.source}}, "nodejs20.x", c.handler);
    auto result = invoke(c.name);
    ASSERT_TRUE(result) << c.name;
    EXPECT_EQ(member(result, "errorType"), c.type) << c.name << result->payload;
    EXPECT_THAT(member(result, "errorMessage"), testing::StartsWith(c.message)) << c.name;
  }
}

TEST_F(NodeTest, UncaughtErrorsEndTheWorkerAndFailTheInvocation) {
  node("fatal",
       "exports.handler = (event) => new Promise((resolve) => {\n"
       "  if (event === 'reject') Promise.reject(new Error('lost'));\n"
       "  else if (event === 'throw') setTimeout(() => { throw new TypeError('late'); }, 1);\n"
       "  else if (event === 'exit') process.exit(4);\n"
       "  else resolve('fine');\n"
       "});\n");
  auto rejected = invoke("fatal", "\"reject\"");
  EXPECT_EQ(member(rejected, "errorType"), "Runtime.UnhandledPromiseRejection");
  EXPECT_EQ(member(rejected, "errorMessage"), "Error: lost");
  auto thrown = invoke("fatal", "\"throw\"");
  EXPECT_EQ(member(thrown, "errorType"), "TypeError");
  EXPECT_THAT(member(invoke("fatal", "\"exit\""), "errorMessage"),
              testing::EndsWith("Runtime exited with error: exit status 4"));
  EXPECT_EQ(invoke("fatal")->payload, "\"fine\"");
}

TEST_F(NodeTest, LargePayloadsGoThroughWhole) {
  node("length", "exports.handler = async (event) => event + event.length;\n");
  std::string text(3'000'000, 'y');
  EXPECT_EQ(invoke("length", '"' + text + '"')->payload, '"' + text + "3000000\"");
}

TEST_F(NodeTest, ConsoleLinesCarryTimeRequestAndLevel) {
  node("log", "exports.handler = async () => { console.error('a\\nb %d', 1); };\n");
  auto result = invoke("log", "{}", true);
  EXPECT_THAT(result->log_tail,
              testing::HasSubstr("Z\t" + result->request_id + "\tERROR\ta\rb 1\n"));
}

TEST_F(NodeTest, AHandlerMayStreamItsAnswer) {
  node(
      "stream",
      "exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {\n"
      "  if (event.early) throw new TypeError('early');\n"
      "  if (event.http) stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });\n"
      "  stream.write('one ');\n"
      "  stream.write(Buffer.from('two '));\n"
      "  if (event.late) throw new RangeError('late');\n"
      "  stream.write(context.functionName);\n"
      "  if (event.end) stream.end();\n"
      "});\n");
  EXPECT_EQ(invoke("stream", R"({"end":true})")->payload, "one two stream");
  EXPECT_EQ(invoke("stream", "{}")->payload, "one two stream");
  EXPECT_EQ(invoke("stream", R"({"http":true})")->payload,
            R"({"statusCode":201})" + std::string(8, '\0') + "one two stream");
  const auto early = invoke("stream", R"({"early":true})");
  EXPECT_TRUE(early->function_error);
  EXPECT_EQ(member(early, "errorType"), "TypeError");
  const auto late = invoke("stream", R"({"late":true})");
  EXPECT_TRUE(late->function_error);
  EXPECT_EQ(member(late, "errorMessage"), "late");

  std::string pieces, type;
  std::promise<Result<InvokeResult>> done;
  runtime().invoke({.tenant = tenant_,
                    .function = "stream",
                    .payload = R"({"late":true})",
                    .on_piece =
                        [&](const executors::AnswerPiece& piece, const auto&) {
                          pieces += piece.bytes;
                          type = piece.content_type;
                          return true;
                        }},
                   [&](auto result) { done.set_value(std::move(result)); });
  EXPECT_EQ(member(done.get_future().get(), "errorType"), "RangeError");
  EXPECT_EQ(pieces, "one two ");
  EXPECT_EQ(type, "application/octet-stream");
  EXPECT_EQ(runtime().statistics().cold_starts, 1u);
}

}  // namespace
}  // namespace perdure::executors

// LoggingConfig: format, level and group of a function's log.
#include <sstream>

#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

class JsonLogsTest : public RuntimeTest {
 protected:
  void SetUp() override { start(); }
  void create_logging(const std::string& name, const std::string& runtime, const Files& files,
                      Json logging) {
    create(name, files, runtime, "f.handler", 10, {},
           {.extra = {{"LoggingConfig", std::move(logging)}}});
  }
  // The lines that are objects, with what changes from run to run checked and taken out.
  std::vector<Json> records(const Result<InvokeResult>& result) {
    std::vector<Json> found;
    std::istringstream lines(result->log_tail);
    for (std::string line; std::getline(lines, line);) {
      auto json = parse_json(line);
      if (!json || !json->is_object()) {
        found.push_back(line);
        continue;
      }
      json->erase("time");
      json->erase("timestamp");
      EXPECT_EQ(json->value("requestId", result->request_id), result->request_id);
      json->erase("requestId");
      if (json->contains("record")) json->erase("record");
      found.push_back(*json);
    }
    return found;
  }
};

TEST_F(JsonLogsTest, PythonWritesObjectsFromTheLevelOn) {
  create_logging("f", "python3.11",
                 {{"f.py",
                   "import logging\n"
                   "def handler(event, context):\n"
                   "    print('plain')\n"
                   "    logging.info('not %s', 'shown')\n"
                   "    logging.getLogger('mine').warning('two\\nlines', extra={'more': [1]})\n"
                   "    raise ValueError('no')\n"}},
                 {{"LogFormat", "JSON"}, {"ApplicationLogLevel", "WARN"}});
  const auto result = invoke("f", "1", true);
  const auto found = records(result);
  ASSERT_EQ(found.size(), 5u) << result->log_tail;
  EXPECT_EQ(found[0], (Json{{"type", "platform.start"}}));
  EXPECT_EQ(found[1], "plain");
  EXPECT_EQ(
      found[2],
      (Json{{"level", "WARNING"}, {"logger", "mine"}, {"message", "two\nlines"}, {"more", {1}}}));
  EXPECT_EQ(found[3]["log_level"], "ERROR");
  EXPECT_EQ(found[3]["errorType"], "ValueError");
  EXPECT_EQ(found[4], (Json{{"type", "platform.report"}}));
}

TEST_F(JsonLogsTest, NodeWritesObjectsFromTheLevelOn) {
  if (!interpreter_for("nodejs20.x")) GTEST_SKIP() << "Node.js is not installed";
  create_logging("f", "nodejs20.x",
                 {{"f.js",
                   "exports.handler = async () => {\n"
                   "  console.debug('not shown');\n"
                   "  console.log({ a: 1 });\n"
                   "  console.warn('n is', 2);\n"
                   "  console.error('bad', new TypeError('no'));\n"
                   "};\n"}},
                 {{"LogFormat", "JSON"}});
  const auto result = invoke("f", "1", true);
  auto found = records(result);
  ASSERT_EQ(found.size(), 5u) << result->log_tail;
  EXPECT_EQ(found[1], (Json{{"level", "INFO"}, {"message", {{"a", 1}}}}));
  EXPECT_EQ(found[2], (Json{{"level", "WARN"}, {"message", "n is 2"}}));
  EXPECT_EQ(found[3]["errorType"], "TypeError");
  EXPECT_EQ(found[3]["errorMessage"], "no");
  EXPECT_TRUE(found[3]["stackTrace"].is_array());
}

TEST_F(JsonLogsTest, TheLogMayHaveAnotherGroup) {
  create_logging("f", "python3.11",
                 {{"f.py",
                   "import os\ndef handler(e, context):\n    print('here')\n"
                   "    return [context.log_group_name]\n"}},
                 {{"LogGroup", "/own/group"}});
  EXPECT_EQ(invoke("f", "1", true)->payload, R"(["/own/group"])");
  const auto lines = logs_->read({.tenant = tenant_, .group = "/own/group", .limit = 100});
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->size(), 4u);
  EXPECT_TRUE(log_of("f").empty());
}

}  // namespace
}  // namespace perdure::executors

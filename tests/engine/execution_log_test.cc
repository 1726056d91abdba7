#include "engine/execution_log.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

using asl::EntryType;

constexpr char pass_then_fail[] = R"({"StartAt":"P","States":{
  "P":{"Type":"Pass","Result":{"x":1},"Next":"F"},
  "F":{"Type":"Fail","Error":"Bad","Cause":"luck"}}})";

Json logging(const std::string& level, bool data) {
  const std::string arn = "arn:aws:logs:us-east-1:000000000000:log-group:g:*";
  Json destination = {{"cloudWatchLogsLogGroup", {{"logGroupArn", arn}}}};
  return {{"loggingConfiguration",
           {{"level", level},
            {"includeExecutionData", data},
            {"destinations", Json::array({std::move(destination)})}}}};
}

class ExecutionLogTest : public ::testing::Test {
 protected:
  ExecutionLogTest() {
    char name[] = "/tmp/perdure-log-XXXXXX";
    LogOptions options;
    options.folder = folder_ = mkdtemp(name);
    logs_ = std::make_unique<Logs>(options, world_.clock, *world_.runner);
    groups_ = std::make_unique<LogGroups>(*logs_, world_.assembly->document_writer(), world_.clock);
    log_ = std::make_unique<ExecutionLog>(*logs_, *groups_);
    world_.assembly->set_entry_sink(*log_);
    groups_->create({}, {"g"}, [](Result<> created) { EXPECT_TRUE(created); });
    world_.settle();
  }
  ~ExecutionLogTest() override {
    logs_.reset();
    (void)remove_directory(folder_);
  }

  std::vector<Json> records() {
    std::vector<Json> records;
    LogQuery query;
    query.group = "g";
    const auto lines = logs_->read(query);
    if (!lines) return records;
    for (const LogLine& line : *lines) records.push_back(*parse_json(line.message));
    return records;
  }
  std::vector<std::string> types() {
    std::vector<std::string> types;
    for (const Json& record : records()) types.push_back(record.at("type").get<std::string>());
    return types;
  }
  std::string machine(const std::string& level, bool data = true,
                      asl::MachineType type = asl::MachineType::standard) {
    return world_.machine("m", pass_then_fail, type, logging(level, data));
  }

  World world_;
  std::string folder_;
  std::unique_ptr<Logs> logs_;
  std::unique_ptr<LogGroups> groups_;
  std::unique_ptr<ExecutionLog> log_;
};

using Types = std::vector<std::string>;
const Types every_type = {"ExecutionStarted", "PassStateEntered", "PassStateExited",
                          "FailStateEntered", "ExecutionFailed"};

TEST_F(ExecutionLogTest, ARecordIsTheEventWithItsNumbersAsText) {
  world_.start(machine("ALL"), "one", R"({"a": 1})");
  const auto lines = records();
  ASSERT_EQ(lines.size(), 5u);
  const std::string moment = std::to_string(world_.clock.now);
  const Json truncated = {{"truncated", false}};
  EXPECT_EQ(
      lines[2],
      (Json{{"id", "3"},
            {"type", "PassStateExited"},
            {"details", {{"name", "P"}, {"output", R"({"x":1})"}, {"outputDetails", truncated}}},
            {"previous_event_id", "2"},
            {"event_timestamp", moment},
            {"execution_arn", execution_arn({}, "m", "one")},
            {"redrive_count", "0"}}));
  EXPECT_EQ(lines[4]["details"], (Json{{"error", "Bad"}, {"cause", "luck"}}));
}

TEST_F(ExecutionLogTest, WithoutDataNamesAndErrorsStay) {
  world_.start(machine("ALL", false), "one", R"({"a": 1})");
  const auto lines = records();
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0]["details"], Json::object({{"roleArn", "arn:aws:iam::000000000000:role/any"}}));
  EXPECT_EQ(lines[1]["details"], Json::object({{"name", "P"}}));
  EXPECT_EQ(lines[4]["details"], (Json{{"error", "Bad"}, {"cause", "luck"}}));
}

TEST_F(ExecutionLogTest, TheLevelChoosesTheEvents) {
  world_.start(machine("ERROR"), "one");
  EXPECT_EQ(types(), (Types{"FailStateEntered", "ExecutionFailed"}));
}

TEST_F(ExecutionLogTest, FatalTellsOfExecutionsOnly) {
  world_.start(machine("FATAL"), "one");
  EXPECT_EQ(types(), Types{"ExecutionFailed"});
}

TEST_F(ExecutionLogTest, OffAndNoGroupWriteNothing) {
  world_.start(machine("OFF"), "one");
  EXPECT_TRUE(records().empty());
  const auto logged =
      world_.machine("logged", pass_then_fail, asl::MachineType::standard, logging("ALL", true));
  groups_->remove({}, "g", [](Result<> removed) { EXPECT_TRUE(removed); });
  world_.settle();
  world_.start(logged, "one");
  EXPECT_EQ(world_.status(logged, "one"), "FAILED");
  EXPECT_TRUE(logs_->groups({}).empty());
}

TEST_F(ExecutionLogTest, ExpressIsLoggedInBothWays) {
  const auto express = machine("ALL", true, asl::MachineType::express);
  world_.start(express, "one");
  EXPECT_EQ(types(), every_type);
  StartRequest request;
  request.state_machine_arn = express;
  bool logged_before_answer = false;
  world_.engine().start_sync_execution(
      request, [&](Result<Closed>) { logged_before_answer = types().size() == 10; });
  world_.settle();
  EXPECT_TRUE(logged_before_answer);
}

// What does not become durable has not happened.
TEST_F(ExecutionLogTest, ACommitThatFailsIsNotLogged) {
  const auto logged = machine("ALL");
  world_.faulty->before = true;
  world_.faulty->crash_at = world_.faulty->commits + 1;
  world_.start(logged, "one");
  ASSERT_TRUE(world_.faulty->crashed);
  EXPECT_TRUE(records().empty());
}

TEST(LogTargets, AreReadFromArnsThatEndWithAStar) {
  const LogGroupName name = parse_log_group_arn("arn:aws:logs:eu-west-1:1:log-group:/a/b:*");
  EXPECT_EQ(name.name, "/a/b");
  EXPECT_EQ(name.tenant, (Tenant{"1", "eu-west-1"}));
  for (const char* other : {"", "arn:aws:logs:r:1:log-group:g", "arn:aws:logs:r:1:log-group:*",
                            "arn:aws:logs:r:1:log-group::*", "arn:aws:s3:r:1:log-group:g:*"}) {
    EXPECT_EQ(parse_log_group_arn(other).name, "") << other;
  }
}

TEST(LogLevels, AreAwsTable) {
  for (const auto type :
       {EntryType::TaskFailed, EntryType::LambdaFunctionTimedOut, EntryType::MapIterationAborted,
        EntryType::LambdaFunctionScheduleFailed, EntryType::FailStateEntered}) {
    EXPECT_TRUE(is_logged(LogLevel::error, type)) << asl::entry_type_name(type);
    EXPECT_FALSE(is_logged(LogLevel::fatal, type)) << asl::entry_type_name(type);
  }
  for (const auto type : {EntryType::ExecutionAborted, EntryType::ExecutionTimedOut}) {
    EXPECT_TRUE(is_logged(LogLevel::fatal, type)) << asl::entry_type_name(type);
  }
  EXPECT_FALSE(is_logged(LogLevel::error, EntryType::ExecutionSucceeded));
  EXPECT_FALSE(is_logged(LogLevel::error, EntryType::TaskScheduled));
}

}  // namespace
}  // namespace perdure::engine

#include <gtest/gtest.h>

#include <cstdlib>

#include "api/logs/logs.h"
#include "base/files.h"
#include "tests/engine/support/world.h"

namespace perdure::api {
namespace {

class LogGroupsTest : public ::testing::Test {
 protected:
  LogGroupsTest() {
    char name[] = "/tmp/perdure-logs-XXXXXX";
    engine::LogOptions options;
    options.folder = folder_ = mkdtemp(name);
    logs_ = std::make_unique<engine::Logs>(options, world_.clock, *world_.runner);
    open();
  }
  ~LogGroupsTest() override {
    logs_.reset();
    (void)remove_directory(folder_);
  }

  // Also what a new process does: the groups are read from the store.
  void open() {
    groups_ = std::make_unique<engine::LogGroups>(*logs_, world_.assembly->document_writer(),
                                                  world_.clock);
    ASSERT_TRUE(groups_->load(*world_.faulty));
    service_ = logs_service({*logs_, *groups_});
  }

  // The answer as JSON, or {"error": "Name: cause"}.
  Json call(const std::string& name, Json input) {
    for (const Operation& operation : service_.operations) {
      if (operation.name != name) continue;
      if (auto checked = check_input(operation.input, input); !checked) {
        return {{"error", checked.error().name}};
      }
      auto call = std::make_shared<Call>();
      call->json = std::move(input);
      Json answer;
      operation.handler(call, [&](Result<Answer> result) {
        answer = result ? result->json
                        : Json{{"error", result.error().name + ": " + result.error().cause}};
      });
      world_.settle();
      return answer;
    }
    return {{"error", "no operation " + name}};
  }

  const Json nothing_ = Json::object();
  const Json group_ = Json::object({{"logGroupName", "/g"}});
  engine::World world_;
  std::string folder_;
  std::unique_ptr<engine::Logs> logs_;
  std::unique_ptr<engine::LogGroups> groups_;
  Service service_;
};

TEST_F(LogGroupsTest, GroupsAreMadeOnceAndGone) {
  EXPECT_EQ(call("CreateLogGroup", group_), nothing_);
  EXPECT_EQ(call("CreateLogGroup", group_)["error"],
            "ResourceAlreadyExistsException: The specified log group already exists");
  EXPECT_EQ(call("DeleteLogGroup", group_), nothing_);
  EXPECT_EQ(call("DeleteLogGroup", group_)["error"],
            "ResourceNotFoundException: The specified log group does not exist.");
  EXPECT_EQ(call("DescribeLogGroups", nothing_)["logGroups"], Json::array());
}

TEST_F(LogGroupsTest, RetentionIsKept) {
  call("CreateLogGroup", group_);
  EXPECT_EQ(call("PutRetentionPolicy", {{"logGroupName", "/g"}, {"retentionInDays", 7}}), nothing_);
  EXPECT_TRUE(call("PutRetentionPolicy", {{"logGroupName", "/g"}, {"retentionInDays", 8}})["error"]
                  .get<std::string>()
                  .starts_with("InvalidParameterException"));
  open();
  const Json groups = call("DescribeLogGroups", nothing_)["logGroups"];
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]["retentionInDays"], 7);
  EXPECT_EQ(groups[0]["creationTime"], world_.clock.now);
  EXPECT_EQ(groups[0]["arn"], "arn:aws:logs:us-east-1:000000000000:log-group:/g:*");
  call("DeleteRetentionPolicy", group_);
  EXPECT_FALSE(call("DescribeLogGroups", nothing_)["logGroups"][0].contains("retentionInDays"));
}

TEST_F(LogGroupsTest, LinesArePutIntoStreamsThatExist) {
  const Json stream = {{"logGroupName", "/g"}, {"logStreamName", "s"}};
  Json put = stream;
  put["logEvents"] = Json::array(
      {{{"timestamp", 1000}, {"message", "first"}}, {{"timestamp", 2000}, {"message", "second"}}});
  EXPECT_EQ(call("CreateLogStream", stream)["error"],
            "ResourceNotFoundException: The specified log group does not exist.");
  call("CreateLogGroup", group_);
  EXPECT_EQ(call("PutLogEvents", put)["error"],
            "ResourceNotFoundException: The specified log stream does not exist.");
  EXPECT_EQ(call("CreateLogStream", stream), nothing_);
  EXPECT_EQ(call("CreateLogStream", stream)["error"],
            "ResourceAlreadyExistsException: The specified log stream already exists");
  EXPECT_FALSE(call("DescribeLogStreams", group_)["logStreams"][0].contains("lastEventTimestamp"));
  EXPECT_EQ(call("PutLogEvents", put), nothing_);
  const Json events = call("GetLogEvents", stream)["events"];
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1]["message"], "second");
  EXPECT_EQ(call("DescribeLogStreams", group_)["logStreams"][0]["lastEventTimestamp"], 2000);
  std::reverse(put["logEvents"].begin(), put["logEvents"].end());
  EXPECT_TRUE(call("PutLogEvents", put)["error"].get<std::string>().ends_with(
      "must be in chronological order."));
  // A group that is made again is empty.
  call("DeleteLogGroup", group_);
  call("CreateLogGroup", group_);
  EXPECT_EQ(call("DescribeLogStreams", group_)["logStreams"], Json::array());
}

}  // namespace
}  // namespace perdure::api

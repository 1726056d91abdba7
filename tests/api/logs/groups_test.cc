#include <gtest/gtest.h>

#include <cstdlib>

#include "api/logs/logs.h"
#include "base/files.h"
#include "engine/log_retention.h"
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
    service_ = logs_service({*logs_, *groups_, world_.clock, *world_.runner});
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

TEST_F(LogGroupsTest, GroupsAreFound) {
  call("CreateLogGroup", group_);
  call("CreateLogGroup", {{"logGroupName", "/rare"}, {"logGroupClass", "INFREQUENT_ACCESS"}});
  logs_->append({}, "/written", "s", 7'000, "line");
  const auto names = [&](const Json& input) {
    std::string all;
    const Json answer = call("DescribeLogGroups", input);
    for (const Json& group : answer["logGroups"]) {
      all += group["logGroupName"].get<std::string>();
    }
    return all;
  };
  EXPECT_EQ(names(nothing_), "/g/rare/written");
  EXPECT_EQ(names({{"logGroupClass", "STANDARD"}}), "/g/written");
  EXPECT_EQ(names({{"logGroupClass", "INFREQUENT_ACCESS"}}), "/rare");
  EXPECT_EQ(names({{"logGroupIdentifiers",
                    {"/g", "arn:aws:logs:us-east-1:000000000000:log-group:/written"}}}),
            "/g/written");
  EXPECT_EQ(call("DescribeLogGroups", {{"logGroupNamePrefix", "/"}, {"logGroupNamePattern", "g"}}),
            (Json{{"error",
                   "InvalidParameterException: LogGroupNamePrefix and LogGroupNamePattern are "
                   "mutually exclusive parameters."}}));
  EXPECT_EQ(
      call("DescribeLogGroups", {{"logGroupNamePattern", "writ"}})["logGroups"][0]["creationTime"],
      7'000)
      << "nobody has created it";
}

TEST_F(LogGroupsTest, WhatThereIsNoneOfIsAnEmptyList) {
  call("CreateLogGroup", group_);
  EXPECT_EQ(call("DescribeSubscriptionFilters", group_),
            (Json{{"subscriptionFilters", Json::array()}}));
  EXPECT_EQ(call("DescribeSubscriptionFilters", {{"logGroupName", "/none"}})["error"],
            "ResourceNotFoundException: The specified log group does not exist.");
  EXPECT_EQ(call("DescribeSubscriptionFilters", nothing_)["error"], "ValidationException");
  EXPECT_EQ(call("DescribeMetricFilters", nothing_), (Json{{"metricFilters", Json::array()}}));
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

TEST_F(LogGroupsTest, LinesPastTheRetentionAreNotSeenAndThenGone) {
  constexpr int64_t day = 86'400'000;
  const Json stream = {{"logGroupName", "/g"}, {"logStreamName", "s"}};
  const auto lines = [&](const char* operation) {
    std::vector<std::string> found;
    const Json& input = std::string_view(operation) == "GetLogEvents" ? stream : group_;
    const Json answer = call(operation, input);
    for (const Json& event : answer["events"]) {
      found.push_back(event["message"].get<std::string>());
    }
    return found;
  };
  const auto put = [&](int64_t time, const std::string& message) {
    Json request = stream;
    request["logEvents"].push_back({{"timestamp", time}, {"message", message}});
    return call("PutLogEvents", request);
  };
  call("CreateLogGroup", group_);
  call("CreateLogStream", stream);
  const int64_t begin = world_.clock.now;
  EXPECT_EQ(put(begin, "first"), nothing_);
  put(begin + 1000, "second");
  call("PutRetentionPolicy", {{"logGroupName", "/g"}, {"retentionInDays", 3}});
  engine::LogRetention retention(*groups_, *logs_, world_.clock, *world_.runner);
  retention.start();
  world_.settle();
  EXPECT_EQ(lines("FilterLogEvents"), (std::vector<std::string>{"first", "second"}));
  world_.clock.now = begin + 3 * day + 500;
  EXPECT_EQ(lines("FilterLogEvents"), std::vector<std::string>{"second"});
  EXPECT_EQ(lines("GetLogEvents"), std::vector<std::string>{"second"});
  EXPECT_EQ(call("DescribeLogStreams", group_)["logStreams"][0]["firstEventTimestamp"],
            begin + 1000);
  EXPECT_EQ(put(begin, "late")["rejectedLogEventsInfo"], (Json{{"expiredLogEventEndIndex", 1}}));
  world_.settle();  // it has looked again
  call("DeleteRetentionPolicy", group_);
  EXPECT_EQ(lines("FilterLogEvents"), std::vector<std::string>{"second"}) << "it is deleted";
  world_.clock.now += 3 * day;
  call("PutRetentionPolicy", {{"logGroupName", "/g"}, {"retentionInDays", 1}});
  retention.start();
  world_.settle();
  call("DeleteRetentionPolicy", group_);
  EXPECT_TRUE(lines("FilterLogEvents").empty());
  // A reader that stood behind the last line goes on behind it, in a new process too.
  logs_.reset();
  engine::LogOptions options;
  options.folder = folder_;
  logs_ = std::make_unique<engine::Logs>(options, world_.clock, *world_.runner);
  logs_->append({}, "/g", "s", world_.clock.now, "third");
  const auto read = logs_->read({.tenant = {}, .group = "/g", .after = 2});
  ASSERT_TRUE(read && read->size() == 1);
  EXPECT_EQ(read->front().position, 3u);
}

TEST_F(LogGroupsTest, LinesArePutIntoStreamsThatExist) {
  const Json stream = {{"logGroupName", "/g"}, {"logStreamName", "s"}};
  Json put = stream;
  const int64_t now = world_.clock.now;
  put["logEvents"] = Json::array({{{"timestamp", now - 1000}, {"message", "first"}},
                                  {{"timestamp", now}, {"message", "second"}}});
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
  EXPECT_EQ(call("DescribeLogStreams", group_)["logStreams"][0]["lastEventTimestamp"], now);
  std::reverse(put["logEvents"].begin(), put["logEvents"].end());
  EXPECT_TRUE(call("PutLogEvents", put)["error"].get<std::string>().ends_with(
      "must be in chronological order."));
  // A group that is made again is empty.
  call("DeleteLogGroup", group_);
  call("CreateLogGroup", group_);
  EXPECT_EQ(call("DescribeLogStreams", group_)["logStreams"], Json::array());
}

TEST_F(LogGroupsTest, EventsOfAnotherTimeAreLeftOut) {
  const Json stream = {{"logGroupName", "/g"}, {"logStreamName", "s"}};
  call("CreateLogGroup", group_);
  call("CreateLogStream", stream);
  constexpr int64_t hour = 3'600'000;
  const auto put = [&](std::vector<int64_t> times) {
    Json request = stream;
    for (const int64_t time : times) {
      request["logEvents"].push_back({{"timestamp", world_.clock.now + time}, {"message", "m"}});
    }
    return call("PutLogEvents", request);
  };
  EXPECT_EQ(put({-15 * 24 * hour, -14 * 24 * hour})["rejectedLogEventsInfo"],
            (Json{{"tooOldLogEventEndIndex", 1}}));
  EXPECT_EQ(put({0, 2 * hour, 2 * hour + 1})["rejectedLogEventsInfo"],
            (Json{{"tooNewLogEventStartIndex", 2}}));
  EXPECT_EQ(call("GetLogEvents", stream)["events"].size(), 3u);
  EXPECT_TRUE(put({-25 * hour, 0})["error"].get<std::string>().ends_with("more than 24 hours."));
  Json large = stream;
  for (int i = 0; i < 5; ++i) {
    large["logEvents"].push_back(
        {{"timestamp", world_.clock.now}, {"message", std::string(250'000, 'x')}});
  }
  EXPECT_EQ(call("PutLogEvents", large)["error"],
            "InvalidParameterException: Upload too large: 1250130 bytes exceeds limit of 1048576");
}

TEST_F(LogGroupsTest, AStreamGoesWithItsLines) {
  call("CreateLogGroup", group_);
  for (const char* name : {"a", "b"}) {
    call("CreateLogStream", {{"logGroupName", "/g"}, {"logStreamName", name}});
    logs_->append({}, "/g", name, 1000, name);
  }
  const Json stream = {{"logGroupName", "/g"}, {"logStreamName", "a"}};
  EXPECT_EQ(call("DeleteLogStream", stream), nothing_);
  EXPECT_EQ(call("DeleteLogStream", stream)["error"],
            "ResourceNotFoundException: The specified log stream does not exist.");
  EXPECT_EQ(call("DescribeLogStreams", group_)["logStreams"].size(), 1u);
  const auto lines = logs_->read({.group = "/g"});
  ASSERT_EQ(lines->size(), 1u);
  EXPECT_EQ(lines->front().message, "b");
  logs_->append({}, "/g", "b", 2000, "more");
  EXPECT_EQ(logs_->read({.group = "/g"})->back().position, 3u);
}

TEST_F(LogGroupsTest, TagsAreKeptBothWays) {
  Json create = group_;
  create["tags"] = {{"team", "a"}};
  call("CreateLogGroup", create);
  const Json arn = {{"resourceArn", "arn:aws:logs:us-east-1:000000000000:log-group:/g"}};
  Json add = arn;
  add["tags"] = {{"cost", "b"}};
  EXPECT_EQ(call("TagResource", add), nothing_);
  open();
  EXPECT_EQ(call("ListTagsForResource", arn)["tags"], (Json{{"team", "a"}, {"cost", "b"}}));
  EXPECT_EQ(call("UntagLogGroup", {{"logGroupName", "/g"}, {"tags", {"team"}}}), nothing_);
  EXPECT_EQ(call("ListTagsLogGroup", group_)["tags"], (Json{{"cost", "b"}}));
  EXPECT_EQ(call("ListTagsLogGroup", {{"logGroupName", "/none"}})["error"],
            "ResourceNotFoundException: The specified log group does not exist.");
}

}  // namespace
}  // namespace perdure::api

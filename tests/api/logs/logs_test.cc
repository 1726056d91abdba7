#include "api/logs/logs.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/thread_runner.h"
#include "tests/api/wire.h"

namespace perdure::api {
namespace {

// Nobody creates anything here: the groups are known by their lines.
class NoWrites final : public engine::DocumentWriter {
 public:
  void write(engine::DocumentWrite, std::function<void(Result<int64_t>)> done) override {
    done(internal_error("nothing is to be written"));
  }
};

class LogsTest : public ::testing::Test {
 protected:
  LogsTest() {
    char path[] = "/tmp/perdure-logs-XXXXXX";
    folder_ = mkdtemp(path);
    engine::LogOptions options;
    options.folder = folder_;
    logs_ = std::make_unique<engine::Logs>(options, clock_, runner_);
    groups_ = std::make_unique<engine::LogGroups>(*logs_, writer_, clock_);
    wire_.router.add(logs_service({*logs_, *groups_, clock_, runner_}));
    for (int i = 1; i <= 5; ++i) {
      const std::string text = i % 2 == 1 ? "odd " : "even ";
      logs_->append({}, group, i < 4 ? "a" : "b", 1000 * i, text + std::to_string(i));
    }
  }
  ~LogsTest() override {
    runner_.stop();
    logs_.reset();
    (void)remove_directory(folder_);
  }
  Json call(const std::string& operation, const Json& input) {
    const HttpResponse response =
        wire_.post("/", dump_json(input), {{"X-Amz-Target", "Logs_20140328." + operation}});
    EXPECT_EQ(response.headers.get("content-type"), "application/x-amz-json-1.1");
    return *parse_json(response.body);
  }
  static std::string messages(const Json& answer) {
    std::string all;
    for (const Json& event : answer.at("events"))
      all += event.at("message").get<std::string>() + ";";
    return all;
  }

  static constexpr const char* group = "/aws/lambda/f";
  SystemClock clock_;
  ThreadRunner runner_{"logs-test"};
  std::string folder_;
  std::unique_ptr<engine::Logs> logs_;
  NoWrites writer_;
  std::unique_ptr<engine::LogGroups> groups_;
  Wire wire_;
};

TEST_F(LogsTest, FiltersByTimeTermAndStream) {
  EXPECT_EQ(messages(call("FilterLogEvents", {{"logGroupName", group}, {"filterPattern", "odd"}})),
            "odd 1;odd 3;odd 5;");
  EXPECT_EQ(messages(call("FilterLogEvents",
                          {{"logGroupName", group}, {"startTime", 2000}, {"endTime", 4000}})),
            "even 2;odd 3;even 4;");
  EXPECT_EQ(messages(call("FilterLogEvents", {{"logGroupName", group}, {"logStreamNames", {"b"}}})),
            "even 4;odd 5;");
  EXPECT_EQ(messages(call("FilterLogEvents", {{"logGroupName", group},
                                              {"filterPattern", "[word = odd, number > 1]"}})),
            "odd 3;odd 5;");
  EXPECT_EQ(
      call("FilterLogEvents", {{"logGroupName", group}, {"filterPattern", "{ $.a"}})["__type"],
      "InvalidParameterException");
}

TEST_F(LogsTest, FilterPages) {
  const Json first = call("FilterLogEvents", {{"logGroupName", group}, {"limit", 2}});
  EXPECT_EQ(messages(first), "odd 1;even 2;");
  EXPECT_EQ(messages(call("FilterLogEvents",
                          {{"logGroupName", group}, {"nextToken", first.at("nextToken")}})),
            "odd 3;even 4;odd 5;");
  EXPECT_EQ(call("FilterLogEvents", {{"logGroupName", group}, {"nextToken", "x"}})["__type"],
            "InvalidParameterException");
}

// A page is as full as there are lines that are wanted.
TEST_F(LogsTest, TheLimitCountsWhatIsWanted) {
  const Json request = {{"logGroupName", group}, {"filterPattern", "even"}, {"limit", 2}};
  const Json page = call("FilterLogEvents", request);
  EXPECT_EQ(messages(page), "even 2;even 4;");
  logs_->append({}, group, "a", 500, "even, and older");
  logs_->append({}, group, "a", 400, "even, and older still");
  Json next = request;
  next["nextToken"] = page.at("nextToken");
  EXPECT_EQ(messages(call("FilterLogEvents", next)), "even, and older still;even, and older;");
}

TEST_F(LogsTest, APageHasAMebibyte) {
  for (int i = 0; i < 6; ++i) logs_->append({}, group, "c", 9000, std::string(250'000, 'x'));
  const Json request = {{"logGroupName", group}, {"logStreamName", "c"}, {"startFromHead", true}};
  EXPECT_EQ(call("GetLogEvents", request)["events"].size(), 5u);
  const Json filtered = call("FilterLogEvents", {{"logGroupName", group}, {"filterPattern", "xx"}});
  EXPECT_EQ(filtered["events"].size(), 5u);
  EXPECT_TRUE(filtered.contains("nextToken"));
}

TEST_F(LogsTest, EveryAccountAndRegionHasItsOwn) {
  logs_->append({"222222222222", "us-east-1"}, group, "a", 1, "of another account");
  logs_->append({"000000000000", "eu-west-1"}, group, "a", 1, "of another region");
  EXPECT_EQ(messages(call("FilterLogEvents", {{"logGroupName", group}, {"limit", 1}})), "odd 1;");
  EXPECT_EQ(logs_->groups({"222222222222", "us-east-1"}), std::vector<std::string>{group});
  const auto elsewhere = logs_->read({.tenant = {"222222222222", "us-east-1"}, .group = group});
  ASSERT_EQ(elsewhere->size(), 1u);
  EXPECT_EQ(elsewhere->front().message, "of another account");
  EXPECT_TRUE(logs_->remove_group({"222222222222", "us-east-1"}, group));
  EXPECT_EQ(logs_->read({.tenant = {"222222222222", "us-east-1"}, .group = group})->size(), 0u);
  EXPECT_EQ(logs_->read({.group = group})->size(), 5u);
}

TEST_F(LogsTest, GetPagesBothWays) {
  const Json request = {{"logGroupName", group}, {"logStreamName", "a"}, {"limit", 2}};
  const Json newest = call("GetLogEvents", request);
  EXPECT_EQ(messages(newest), "even 2;odd 3;");
  Json older = request;
  older["nextToken"] = newest.at("nextBackwardToken");
  EXPECT_EQ(messages(call("GetLogEvents", older)), "odd 1;");
  Json newer = request;
  newer["nextToken"] = newest.at("nextForwardToken");
  EXPECT_EQ(messages(call("GetLogEvents", newer)), "");
  logs_->append({}, group, "a", 9000, "more");
  EXPECT_EQ(messages(call("GetLogEvents", newer)), "more;");
}

TEST_F(LogsTest, DescribesGroupsAndStreams) {
  logs_->append({}, "/aws/lambda/g", "s", 1, "x");
  const Json groups = call("DescribeLogGroups", {{"logGroupNamePrefix", "/aws"}, {"limit", 1}});
  EXPECT_EQ(groups["logGroups"][0]["logGroupName"], group);
  EXPECT_TRUE(groups.contains("nextToken"));
  const Json streams = call("DescribeLogStreams", {{"logGroupName", group}, {"descending", true}});
  ASSERT_EQ(streams["logStreams"].size(), 2u);
  EXPECT_EQ(streams["logStreams"][0]["logStreamName"], "b");
  EXPECT_EQ(streams["logStreams"][1]["lastEventTimestamp"], 3000);
  EXPECT_EQ(call("DescribeLogStreams", {{"logGroupName", "/none"}})["__type"],
            "ResourceNotFoundException");
  Json page = call("DescribeLogStreams", {{"logGroupName", group}, {"limit", 1}});
  EXPECT_EQ(page["logStreams"][0]["logStreamName"], "a");
  page = call("DescribeLogStreams", {{"logGroupName", group}, {"nextToken", page["nextToken"]}});
  EXPECT_EQ(page["logStreams"][0]["logStreamName"], "b");
  EXPECT_FALSE(page.contains("nextToken"));
  EXPECT_EQ(call("GetLogEvents", {{"logGroupName", group}, {"logStreamName", "none"}})["message"],
            "The specified log stream does not exist.");
}

}  // namespace
}  // namespace perdure::api

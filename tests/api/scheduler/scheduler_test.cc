#include "api/scheduler/scheduler.h"

#include <gtest/gtest.h>

#include "tests/api/wire.h"

namespace perdure::api {
namespace {

using engine::Schedule;
using engine::ScheduleGroup;

class FakeSchedules final : public engine::Schedules {
 public:
  void create(Schedule schedule, Done<Schedule> done) override {
    if (find(schedule.tenant, schedule.group, schedule.name)) {
      return done(Error{ErrorKind::conflict, "ConflictException", "exists"});
    }
    update(std::move(schedule), std::move(done));
  }
  void update(Schedule schedule, Done<Schedule> done) override {
    schedule.arn =
        "arn:aws:scheduler:us-east-1:000000000000:schedule/" + schedule.group + "/" + schedule.name;
    schedule.created_ms = schedule.modified_ms = 1500;
    schedules[{schedule.group, schedule.name}] = schedule;
    done(schedule);
  }
  void remove(const engine::Tenant&, std::string group, std::string name,
              Done<bool> done) override {
    done(schedules.erase({group, name}) == 1);
  }
  Result<Schedule> find(const engine::Tenant&, std::string_view group,
                        std::string_view name) const override {
    const auto found = schedules.find({std::string(group), std::string(name)});
    if (found != schedules.end()) return found->second;
    return Error{ErrorKind::not_found, "ResourceNotFoundException", "no schedule"};
  }
  std::vector<Schedule> list(const engine::Tenant&, std::string_view group) const override {
    std::vector<Schedule> all;
    for (const auto& [key, schedule] : schedules) {
      if (group.empty() || key.first == group) all.push_back(schedule);
    }
    return all;
  }
  void create_group(const engine::Tenant&, std::string name, Done<ScheduleGroup> done) override {
    made.push_back({{}, name, "arn:group/" + name, 1000});
    done(made.back());
  }
  void remove_group(const engine::Tenant&, std::string, Done<bool> done) override { done(true); }
  std::vector<ScheduleGroup> groups(const engine::Tenant&) const override { return made; }

  std::map<std::pair<std::string, std::string>, Schedule> schedules;
  std::vector<ScheduleGroup> made;
};

class SchedulerTest : public ::testing::Test {
 protected:
  SchedulerTest() { wire_.router.add(scheduler_service(schedules_)); }
  Json body() {
    return {{"ScheduleExpression", "rate(1 minute)"},
            {"FlexibleTimeWindow", Json::object({{"Mode", "OFF"}})},
            {"Target",
             {{"Arn", "arn:aws:states:us-east-1:000000000000:stateMachine:m"},
              {"RoleArn", "arn:aws:iam::000000000000:role/r"},
              {"RetryPolicy", Json::object({{"MaximumRetryAttempts", 2}})}}}};
  }
  HttpResponse create(const std::string& name, const Json& json) {
    return wire_.post("/schedules/" + name, dump_json(json));
  }
  std::string message(const HttpResponse& response) {
    return parse_json(response.body)->at("message").get<std::string>();
  }

  FakeSchedules schedules_;
  Wire wire_;
};

TEST_F(SchedulerTest, CreatesAndShows) {
  Json json = body();
  json["StartDate"] = 1763702869.5;
  json["GroupName"] = "g";
  json["State"] = "DISABLED";
  EXPECT_EQ(create("s", json).status, 200);
  const Schedule& schedule = schedules_.schedules.at({"g", "s"});
  EXPECT_EQ(schedule.start_ms, 1763702869500);
  EXPECT_EQ(schedule.target.max_retry_attempts, 2);
  EXPECT_EQ(schedule.target.max_event_age_s, 86'400);
  EXPECT_FALSE(schedule.enabled);
  const HttpResponse response = wire_.get("/schedules/s?groupName=g");
  const Json shown = *parse_json(response.body);
  EXPECT_EQ(shown["StartDate"], 1763702869.5);
  EXPECT_EQ(shown["State"], "DISABLED");
  EXPECT_EQ(shown["ScheduleExpressionTimezone"], "UTC");
  EXPECT_EQ(shown["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"], 86'400);
  EXPECT_EQ(wire_.get("/schedules/s").status, 404);
  EXPECT_EQ(create("s", json).status, 409);
}

TEST_F(SchedulerTest, ChecksInAwsWords) {
  Json json = body();
  json.erase("ScheduleExpression");
  EXPECT_EQ(message(create("s", json)),
            "1 validation error detected: Value null at 'scheduleExpression' failed to satisfy "
            "constraint: Member must not be null");
  json = body();
  json["Target"]["RetryPolicy"]["MaximumRetryAttempts"] = 186;
  EXPECT_EQ(message(create("s", json)),
            "1 validation error detected: Value '186' at 'target.retryPolicy.maximumRetryAttempts' "
            "failed to satisfy constraint: Member must have value less than or equal to 185");
  EXPECT_EQ(create("a%20b", body()).status, 400);
  EXPECT_TRUE(schedules_.schedules.empty());
}

TEST_F(SchedulerTest, ChecksWhatTheShapeCannotSay) {
  Json json = body();
  json["FlexibleTimeWindow"] = Json::object({{"Mode", "FLEXIBLE"}});
  EXPECT_EQ(create("s", json).status, 400);
  json["FlexibleTimeWindow"]["MaximumWindowInMinutes"] = 5;
  json["StartDate"] = 2'000'000'000;
  json["EndDate"] = 1'900'000'000;
  EXPECT_EQ(message(create("s", json)), "The EndDate must be after the StartDate.");
  json["EndDate"] = 2'100'000'000;
  EXPECT_EQ(create("s", json).status, 200);
}

TEST_F(SchedulerTest, ListPages) {
  for (const char* name : {"a", "b", "c"}) create(name, body());
  const Json first = *parse_json(wire_.get("/schedules?MaxResults=2").body);
  ASSERT_EQ(first["Schedules"].size(), 2u);
  const Json rest = *parse_json(
      wire_.get("/schedules?NextToken=" + first.at("NextToken").get<std::string>()).body);
  ASSERT_EQ(rest["Schedules"].size(), 1u);
  EXPECT_EQ(rest["Schedules"][0]["Name"], "c");
  EXPECT_EQ(parse_json(wire_.get("/schedules?NamePrefix=b").body)->at("Schedules").size(), 1u);
  EXPECT_EQ(wire_.get("/schedules?NextToken=nonsense").status, 400);
}

TEST_F(SchedulerTest, Groups) {
  EXPECT_EQ(wire_.post("/schedule-groups/g", "{}").status, 200);
  EXPECT_EQ(parse_json(wire_.get("/schedule-groups/g").body)->at("Arn"), "arn:group/g");
  EXPECT_EQ(wire_.get("/schedule-groups/h").status, 404);
  EXPECT_EQ(parse_json(wire_.get("/schedule-groups").body)->at("ScheduleGroups").size(), 1u);
}

}  // namespace
}  // namespace perdure::api

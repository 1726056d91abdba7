#include "engine/schedules/scheduler.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

constexpr int64_t minute_ms = 60'000;

struct Setting {
  Setting()
      : machine(
            world.machine("m", R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})")) {}

  Result<Schedule> create(const std::string& expression,
                          const std::function<void(Schedule&)>& change = {}) {
    Schedule schedule;
    schedule.name = "s";
    schedule.expression = expression;
    schedule.target.arn = machine;
    schedule.target.input = R"({"at":"<aws.scheduler.scheduled-time>"})";
    if (change) change(schedule);
    std::optional<Result<Schedule>> created;
    world.assembly->schedules().create(schedule, [&](auto r) { created = std::move(r); });
    world.settle();
    return std::move(*created);
  }
  std::vector<std::string> inputs() {
    const auto records = world.engine().list_executions({{}, machine, ""}, {}, 1'000);
    std::vector<std::string> found;
    for (const auto& record : *records) {
      found.emplace_back(world.engine().describe_execution(record.arn)->input.text());
    }
    return found;
  }

  World world;
  std::string machine;
};

TEST(Scheduler, ARateFiresAtItsStartAndThenEveryTime) {
  Setting setting;
  ASSERT_TRUE(setting.create("rate(1 minute)"));
  setting.world.pass(0);
  EXPECT_EQ(setting.inputs().size(), 1u);
  setting.world.pass(minute_ms - 1);
  EXPECT_EQ(setting.inputs().size(), 1u);
  setting.world.pass(1);
  EXPECT_EQ(setting.inputs().size(), 2u);
  EXPECT_NE(setting.inputs()[0], setting.inputs()[1]);
  setting.world.pass(10 * minute_ms);
  EXPECT_EQ(setting.inputs().size(), 12u);
}

TEST(Scheduler, MissedFiringsBecomeOneAtTheNewestTime) {
  Setting setting;
  ASSERT_TRUE(setting.create("rate(1 minute)"));
  setting.world.pass(0);
  setting.world.clock.now += 10 * minute_ms + 5'000;
  setting.world.crash();
  setting.world.pass(0);
  EXPECT_EQ(setting.inputs().size(), 2u);
  setting.world.pass(minute_ms);
  EXPECT_EQ(setting.inputs().size(), 3u);
}

TEST(Scheduler, WhatIsTooOldIsNotFired) {
  Setting setting;
  ASSERT_TRUE(setting.create("at(2025-11-21T06:00:00)",
                             [](Schedule& s) { s.target.max_event_age_s = 60; }));
  setting.world.clock.now = 1'763'704'800'000 + 2 * minute_ms;  // two minutes late
  setting.world.crash();
  setting.world.pass(0);
  EXPECT_TRUE(setting.inputs().empty());
  EXPECT_FALSE(*setting.world.store->earliest_due());
}

TEST(Scheduler, AFiringIsNotRepeatedByACrashAtAnyCommit) {
  for (const bool before : {true, false}) {
    for (int64_t crash_at = 1; crash_at < 20; ++crash_at) {
      Setting setting;
      ASSERT_TRUE(setting.create("at(2025-11-21T06:00:00)",
                                 [](Schedule& s) { s.delete_after_completion = true; }));
      World& world = setting.world;
      world.faulty->crash_at = world.faulty->commits + crash_at;
      world.faulty->before = before;
      world.pass(2 * 60 * minute_ms);
      const bool crashed = world.faulty->crashed;
      if (crashed) {
        world.crash();
        world.pass(2 * 60 * minute_ms);
      }
      const std::vector<std::string> once{R"({"at":"2025-11-21T06:00:00Z"})"};
      EXPECT_EQ(setting.inputs(), once) << before << crash_at;
      EXPECT_FALSE(world.assembly->schedules().find({}, "default", "s"));
      if (!crashed) break;
    }
  }
}

TEST(Scheduler, RefusedStartsAreTriedAgain) {
  Setting setting;
  ASSERT_TRUE(setting.create("at(2025-11-21T06:00:00)"));
  setting.world.pass(0);
  setting.world.limits.max_live_bytes = 0;
  setting.world.faulty->disk_full = true;
  setting.world.start(setting.machine, "unlucky");  // makes the full disk known
  setting.world.pass(2 * 60 * minute_ms);
  EXPECT_TRUE(setting.inputs().empty());
  setting.world.faulty->disk_full = false;
  setting.world.pass(2 * minute_ms);
  EXPECT_EQ(setting.inputs().size(), 2u);
}

TEST(Scheduler, DisabledChangedAndRemovedSchedulesDoNotFire) {
  Setting setting;
  auto created = setting.create("rate(1 minute)", [](Schedule& s) { s.enabled = false; });
  ASSERT_TRUE(created);
  setting.world.pass(5 * minute_ms);
  EXPECT_TRUE(setting.inputs().empty());
  Schedule changed = *created;
  changed.enabled = true;
  changed.expression = "rate(1 hour)";
  setting.world.assembly->schedules().update(changed, [](auto r) { ASSERT_TRUE(r); });
  setting.world.pass(61 * minute_ms);
  EXPECT_EQ(setting.inputs().size(), 1u);
  setting.world.assembly->schedules().remove({}, "default", "s", [](auto r) { ASSERT_TRUE(r); });
  setting.world.pass(200 * minute_ms);
  EXPECT_EQ(setting.inputs().size(), 1u);
}

// Keeps what it is asked for.
class KeepingInvoker final : public FunctionInvoker {
 public:
  void invoke(AsyncInvocation invocation,
              std::function<void(Result<InvocationAttempt>)> done) override {
    calls.push_back(std::move(invocation));
    done(InvocationAttempt{});
  }
  std::vector<AsyncInvocation> calls;
};

// One firing with the target.
AsyncInvocation invoked_by(const std::string& arn, const std::string& input) {
  Setting setting;
  KeepingInvoker invoker;
  setting.world.assembly->invocations().set_invoker(invoker);
  EXPECT_TRUE(setting.create("at(2025-11-21T06:00:00)", [&](Schedule& schedule) {
    schedule.target.arn = arn;
    schedule.target.input = input;
  }));
  setting.world.pass(60 * minute_ms);
  EXPECT_EQ(invoker.calls.size(), 1u) << arn;
  EXPECT_FALSE(*setting.world.store->earliest_due());
  return invoker.calls.empty() ? AsyncInvocation{} : invoker.calls[0];
}

TEST(Scheduler, FunctionsAreInvoked) {
  const std::string function = "arn:aws:lambda:us-east-1:000000000000:function:f";
  const AsyncInvocation plain = invoked_by(function, R"({"at":"<aws.scheduler.scheduled-time>"})");
  EXPECT_EQ(plain.function, function);
  EXPECT_EQ(plain.payload, R"({"at":"2025-11-21T06:00:00Z"})");
  const AsyncInvocation bare = invoked_by(function, "");
  const Json event = *parse_json(bare.payload);
  EXPECT_EQ(event["source"], "aws.scheduler");
  EXPECT_EQ(event["detail-type"], "Scheduled Event");
  EXPECT_EQ(event["time"], "2025-11-21T06:00:00Z");
  EXPECT_EQ(event["resources"][0], "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s");
  EXPECT_EQ(event["detail"], "{}");
  EXPECT_EQ(event["id"], bare.request_id);
  const std::string universal = "arn:aws:scheduler:::aws-sdk:lambda:invoke";
  const AsyncInvocation call =
      invoked_by(universal, R"({"FunctionName":"f","Qualifier":"live","InvocationType":"Event",)"
                            R"("Payload":"{\"n\":1.0}"})");
  EXPECT_EQ(call.function, "f:live");
  EXPECT_EQ(call.payload, R"({"n":1.0})");
  EXPECT_EQ(invoked_by(universal, R"({"FunctionName":"f","Payload":{"n":1.0}})").payload,
            R"({"n":1.0})");
  EXPECT_EQ(invoked_by(universal, R"({"FunctionName":"f"})").payload, "{}");
}

TEST(Scheduler, ATargetWithoutItsParametersIsGivenUp) {
  Setting setting;
  KeepingInvoker invoker;
  setting.world.assembly->invocations().set_invoker(invoker);
  ASSERT_TRUE(setting.create("at(2025-11-21T06:00:00)", [](Schedule& schedule) {
    schedule.target.arn = "arn:aws:scheduler:::aws-sdk:lambda:invoke";
    schedule.target.given = {{"DeadLetterConfig", {{"Arn", "arn:aws:sqs:us-east-1:0:q"}}}};
  }));
  setting.world.pass(3 * 60 * minute_ms);
  EXPECT_TRUE(invoker.calls.empty());
  EXPECT_FALSE(*setting.world.store->earliest_due());
}

TEST(Scheduler, RefusesWhatItCannotFire) {
  Setting setting;
  EXPECT_EQ(setting.create("rate(1.5 minutes)").error().name, "ValidationException");
  const auto zone = setting.create("rate(1 minute)", [](Schedule& s) { s.timezone = "Mars"; });
  EXPECT_EQ(zone.error().name, "ValidationException");
  const auto group = setting.create("rate(1 minute)", [](Schedule& s) { s.group = "none"; });
  EXPECT_EQ(group.error().name, "ResourceNotFoundException");
  ASSERT_TRUE(setting.create("rate(1 minute)"));
  EXPECT_EQ(setting.create("rate(1 minute)").error().name, "ConflictException");
}

}  // namespace
}  // namespace perdure::engine

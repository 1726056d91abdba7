// RedriveExecution in an engine: who may, once only, and what a crash leaves of it.

#include "engine/redrive.h"

#include <gtest/gtest.h>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

constexpr char fails_once[] = R"({"StartAt":"T","States":{"T":{"Type":"Task","End":true,
  "Resource":"arn:aws:lambda:us-east-1:000000000000:function:f"}}})";
constexpr char waits_for_token[] = R"({"StartAt":"T","States":{"T":{"Type":"Task","End":true,
  "Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",
  "Parameters":{"FunctionName":"f","Payload":{"token.$":"$$.Task.Token"}}}}})";
constexpr char waits[] =
    R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":600,"End":true}}})";
constexpr int64_t day_ms = 24LL * 3600 * 1000;

struct Setting {
  bool broken = true;
  World world{[this](const TaskRequest&) -> std::optional<TaskAnswer> {
    if (broken) return answer::Failed{"Bad", "it is"};
    return answer::Succeeded{asl::Payload(std::string("\"fine\""))};
  }};
  std::string machine;

  explicit Setting(const char* definition = fails_once) : machine(world.machine("m", definition)) {}
  std::string arn(const std::string& name = "e") { return execution_arn({}, "m", name); }
  std::optional<Result<int64_t>> redrive(RedriveRequest request) {
    auto result = std::make_shared<std::optional<Result<int64_t>>>();
    world.engine().redrive_execution(std::move(request),
                                     [result](Result<int64_t> at) { *result = std::move(at); });
    world.settle();
    return *result;
  }
  std::optional<Result<int64_t>> redrive(const std::string& token = "") {
    return redrive(RedriveRequest{arn(), token, {}, {}, {}});
  }
  std::string refusal(RedriveRequest request) {
    const auto result = redrive(std::move(request));
    if (!result || *result) return "not refused";
    return result->error().name + ": " + result->error().cause;
  }
  std::string refusal() { return refusal(RedriveRequest{arn(), {}, {}, {}, {}}); }
  void stop() {
    world.engine().stop_execution(arn(), "Stopped", std::nullopt, [](Result<int64_t>) {});
    world.settle();
  }
  std::vector<std::string> types() {
    std::vector<std::string> types;
    const auto page = world.engine().history(arn(), 0, false, 1'000);
    for (const auto& event : page->events) types.emplace_back(asl::entry_type_name(event.type));
    return types;
  }
};

TEST(Redrive, MakesAFailedExecutionSucceed) {
  Setting setting;
  setting.world.start(setting.machine, "e");
  ASSERT_EQ(setting.world.status(setting.machine, "e"), "FAILED");
  setting.broken = false;
  setting.world.pass(5'000);
  const auto at = setting.redrive();
  ASSERT_TRUE(at && *at);
  EXPECT_EQ(**at, setting.world.clock.now);
  const auto view = setting.world.describe(setting.machine, "e");
  EXPECT_EQ(view->record.status, "SUCCEEDED");
  EXPECT_EQ(view->record.redrive_count, 1);
  EXPECT_EQ(view->record.redrive_ms, **at);
  EXPECT_EQ(view->output.text(), "\"fine\"");
  EXPECT_FALSE(view->error);
  EXPECT_EQ(view->not_redrivable, "Execution is SUCCEEDED and cannot be redriven");
}

TEST(Redrive, SurvivesACrashBeforeAndAfterItsCommit) {
  for (const bool before : {true, false}) {
    Setting setting(waits);
    setting.world.start(setting.machine, "e");
    setting.stop();
    setting.world.faulty->crash_at = setting.world.faulty->commits + 1;
    setting.world.faulty->before = before;
    EXPECT_FALSE(setting.redrive("once")) << "nobody is told";
    setting.world.crash();
    setting.world.settle();
    EXPECT_EQ(setting.world.status(setting.machine, "e"), before ? "ABORTED" : "RUNNING");
    const auto again = setting.redrive("once");
    ASSERT_TRUE(again && *again);
    EXPECT_EQ(setting.world.describe(setting.machine, "e")->record.redrive_count, 1);
    setting.world.pass(600'000);
    EXPECT_EQ(setting.world.status(setting.machine, "e"), "SUCCEEDED");
  }
}

TEST(Redrive, ATokenIsGoodForOneRedriveInAQuarterOfAnHour) {
  Setting setting;
  setting.world.start(setting.machine, "e");
  const auto first = setting.redrive("t");
  setting.world.pass(14 * 60'000);
  EXPECT_EQ(**setting.redrive("t"), **first);
  EXPECT_EQ(setting.world.describe(setting.machine, "e")->record.redrive_count, 1);
  EXPECT_NE(**setting.redrive("u"), **first);
  setting.world.pass(2 * 60'000);
  EXPECT_NE(**setting.redrive("t"), **first);
  EXPECT_EQ(setting.world.describe(setting.machine, "e")->record.redrive_count, 3);
}

TEST(Redrive, RefusesInAwsWords) {
  Setting setting(waits);
  EXPECT_EQ(setting.refusal(),
            "ExecutionDoesNotExist: Execution Does Not Exist: '" + setting.arn() + "'");
  setting.world.start(setting.machine, "e");
  EXPECT_EQ(setting.refusal(),
            "ExecutionNotRedrivable: Execution is RUNNING and cannot be redriven");
  setting.stop();
  setting.world.pass(14 * day_ms + 1);
  EXPECT_EQ(setting.refusal(), "ExecutionNotRedrivable: Execution redrivable period exceeded");
  EXPECT_EQ(setting.world.describe(setting.machine, "e")->not_redrivable,
            "Execution redrivable period exceeded");
}

TEST(Redrive, RulesOfLengthAndAge) {
  ExecutionRecord record;
  record.status = "FAILED";
  record.start_ms = 1;
  record.stop_ms = 100;
  const asl::Limits limits;
  EXPECT_FALSE(not_redrivable(record, 24'998, limits, 200));
  EXPECT_EQ(not_redrivable(record, 24'999, limits, 200), "Execution history event limit exceeded");
  EXPECT_EQ(not_redrivable(record, 10, limits, 200, true), "State machine is in DELETING status");
  record.stop_ms = 365 * day_ms;
  EXPECT_EQ(not_redrivable(record, 10, limits, 365 * day_ms + 1),
            "Execution has exceeded the max execution time");
}

TEST(Redrive, TokensOfBeforeAreDead) {
  std::vector<std::string> tokens;
  World world([&](const TaskRequest& request) -> std::optional<TaskAnswer> {
    const std::string text(request.parameters.text());
    const size_t from = text.find("\"token\":\"") + 9;
    tokens.push_back(text.substr(from, text.find('"', from) - from));
    return answer::Succeeded{asl::Payload(std::string("{}"))};
  });
  const std::string machine = world.machine("m", waits_for_token);
  world.start(machine, "e");
  world.engine().stop_execution(execution_arn({}, "m", "e"), {}, {}, [](Result<int64_t>) {});
  world.settle();
  world.engine().redrive_execution({execution_arn({}, "m", "e"), {}, {}, {}, {}},
                                   [](Result<int64_t> at) { EXPECT_TRUE(at); });
  world.settle();
  ASSERT_EQ(tokens.size(), 2u);
  std::vector<std::string> said;
  for (const std::string& token : tokens) {
    world.engine().task_succeeded({}, token, "1", [&](Result<bool> done) {
      said.push_back(done ? "taken" : done.error().name);
    });
    world.settle();
  }
  EXPECT_EQ(said, (std::vector<std::string>{"TaskTimedOut", "taken"}));
  EXPECT_EQ(world.status(machine, "e"), "SUCCEEDED");
}

TEST(Redrive, ExpiryLeavesWhatWasRedrivenAlone) {
  Setting setting(waits);
  setting.world.start(setting.machine, "e");
  setting.stop();
  setting.redrive();
  setting.stop();
  setting.redrive();
  const int64_t epoch = *setting.world.store->acquire_leases();
  EXPECT_EQ(*setting.world.store->expire(epoch, setting.world.clock.now + day_ms, 100), 0);
}

TEST(Redrive, ListsTellOfIt) {
  Setting setting;
  setting.world.start(setting.machine, "e");
  setting.world.start(setting.machine, "f");
  setting.redrive();
  const auto listed = [&](std::optional<bool> redriven) {
    const auto page =
        setting.world.engine().list_executions({{}, setting.machine, "", redriven}, {}, 10);
    std::string names;
    for (const auto& record : *page) names += record.name + std::to_string(record.redrive_count);
    return names;
  };
  EXPECT_EQ(listed(true), "e1");
  EXPECT_EQ(listed(false), "f0");
  EXPECT_EQ(listed(std::nullopt).size(), 4u);
}

TEST(Redrive, FromAStateWithAnInputAndANewerDefinition) {
  Setting setting;
  setting.world.start(setting.machine, "e", R"({"n": 1})");
  std::string hash;
  constexpr char newer[] = R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})";
  setting.world.engine().state_machines().keep_definition(
      newer, [&](Result<std::string> kept) { hash = *kept; });
  setting.world.settle();
  EXPECT_EQ(setting.refusal({setting.arn(), {}, {}, {}, hash}),
            "ValidationException: The state machine has no state 'T' to go on with");
  EXPECT_EQ(setting.refusal({setting.arn(), {}, "X", {}, {}}),
            "ValidationException: The state machine has no state 'X' to go on with");
  ASSERT_TRUE(*setting.redrive({setting.arn(), {}, "P", R"({ "n": 2 })", hash}));
  const auto view = setting.world.describe(setting.machine, "e");
  EXPECT_EQ(view->record.status, "SUCCEEDED");
  EXPECT_EQ(view->output.text(), R"({"n":2})");
  EXPECT_EQ(*setting.world.engine().definition_hash(setting.arn()), hash);
  EXPECT_EQ(*setting.world.engine().definition_text(hash), newer);
}

TEST(Redrive, ANewerDefinitionIsStillThereAfterACrash) {
  Setting setting;
  setting.world.start(setting.machine, "e");
  std::string hash;
  setting.world.engine().state_machines().keep_definition(
      waits, [&](Result<std::string> kept) { hash = *kept; });
  setting.world.settle();
  ASSERT_TRUE(*setting.redrive({setting.arn(), {}, "W", {}, hash}));
  setting.world.crash();
  setting.world.pass(600'000);
  EXPECT_EQ(setting.world.status(setting.machine, "e"), "SUCCEEDED");
}

}  // namespace
}  // namespace perdure::engine

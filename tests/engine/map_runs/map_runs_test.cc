// Map runs in a whole engine: their children, their counts, their ends, and crashes in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

std::string machine_of(const std::string& fields, const std::string& type = "STANDARD",
                       const std::string& states = R"({"P":{"Type":"Pass","End":true}})") {
  return R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"Label":"L",)" + fields +
         R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":")" + type +
         R"("},"StartAt":"P","States":)" + states + "}}}}";
}

// Fails where the input is 0.
constexpr const char* picky = R"({
  "P":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":0,"Next":"F"}],"Default":"S"},
  "F":{"Type":"Fail","Error":"Zero","Cause":"none"},"S":{"Type":"Succeed"}})";
constexpr const char* task =
    R"({"P":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f",
        "End":true}})";

std::string numbers(int count) {
  std::string list = "[";
  for (int i = 0; i < count; ++i) list += (i > 0 ? "," : "") + std::to_string(i);
  return list + "]";
}

class MapRunsTest : public testing::Test {
 protected:
  explicit MapRunsTest(ScriptedExecutor::Script script = {}) : world(std::move(script)) {}

  std::string run(const std::string& definition, const std::string& input) {
    machine = world.machine("m", definition);
    const auto started = world.start(machine, "e", input);
    EXPECT_TRUE(started && started->has_value());
    return world.status(machine, "e");
  }
  std::string output() { return std::string(world.describe(machine, "e")->output.text()); }
  std::string error() { return world.describe(machine, "e")->error.value_or("-"); }
  MapRunView only_run() {
    const auto page = world.engine().list_map_runs(execution_arn({}, "m", "e"), 0, 10);
    EXPECT_TRUE(page && page->runs.size() == 1u);
    return *world.engine().describe_map_run(page->runs.at(0).arn);
  }
  std::vector<ExecutionRecord> children(const std::string& status = "") {
    ExecutionFilter filter;
    filter.map_run_arn = only_run().arn;
    filter.status = status;
    return *world.engine().list_executions(filter, {}, 100'000);
  }
  std::string history() {
    std::string text;
    const auto page = world.engine().history(execution_arn({}, "m", "e"), 0, false, 100);
    for (const asl::Entry& event : page->events) {
      text += (text.empty() ? "" : " ") + std::to_string(event.previous) + "<-" +
              std::string(asl::entry_type_name(event.type));
    }
    return text;
  }

  World world;
  std::string machine;
};

TEST_F(MapRunsTest, ChildrenAreExecutionsOfTheirOwn) {
  EXPECT_EQ(run(machine_of(""), "[1,2,3]"), "SUCCEEDED");
  EXPECT_EQ(output(), "[1,2,3]");
  EXPECT_EQ(history(),
            "0<-ExecutionStarted 0<-MapStateEntered 2<-MapStateStarted 3<-MapRunStarted "
            "4<-MapRunSucceeded 5<-MapStateSucceeded 4<-MapStateExited 7<-ExecutionSucceeded");
  const MapRunView view = only_run();
  EXPECT_EQ(view.status, "SUCCEEDED");
  EXPECT_EQ(view.state_machine_arn, "arn:aws:states:us-east-1:000000000000:stateMachine:m/L");
  EXPECT_EQ(view.items.succeeded, 3);
  EXPECT_EQ(view.items.results_written, 3);
  EXPECT_EQ(view.pending_items, 0);
  const auto listed = children();
  ASSERT_EQ(listed.size(), 3u);
  EXPECT_EQ(listed[0].machine_arn, view.state_machine_arn);
  EXPECT_EQ(listed[0].map_run_arn, view.arn);
  const auto child = world.engine().describe_execution(listed[0].arn);
  ASSERT_TRUE(child);
  EXPECT_EQ(child->record.status, "SUCCEEDED");
  EXPECT_EQ(child->identity.machine_name, "m/L");
  EXPECT_EQ(*world.engine().definition_text(child->identity.definition_hash),
            R"({"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},)"
            R"("StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})");
  ExecutionFilter others;
  others.machine_arn = machine;
  EXPECT_EQ(world.engine().list_executions(others, {}, 10)->size(), 1u);
}

TEST_F(MapRunsTest, ExpressChildrenLeaveNothingButTheirResults) {
  EXPECT_EQ(run(machine_of("", "EXPRESS"), numbers(2'500)), "SUCCEEDED");
  EXPECT_EQ(output(), numbers(2'500));
  EXPECT_EQ(only_run().items.succeeded, 2'500);
  EXPECT_TRUE(children().empty());
}

TEST_F(MapRunsTest, NoItemsMakeAnEmptyResult) {
  EXPECT_EQ(run(machine_of(""), "[]"), "SUCCEEDED");
  EXPECT_EQ(output(), "[]");
}

TEST_F(MapRunsTest, TheSelectorSeesTheItemAndTheStatesInput) {
  EXPECT_EQ(run(machine_of(R"("ItemsPath":"$.list","ItemSelector":{"i.$":"$$.Map.Item.Index",
                "v.$":"$$.Map.Item.Value","s.$":"$$.Map.Item.Source","n.$":"$.name",
                "e.$":"$$.Execution.Name"},)"),
                R"({"list":["a"],"name":"x"})"),
            "SUCCEEDED");
  EXPECT_EQ(output(), R"([{"i":0,"v":"a","s":"STATE_DATA","n":"x","e":"e"}])");
}

TEST_F(MapRunsTest, AnObjectIsMappedInPairs) {
  EXPECT_EQ(run(machine_of(R"("ItemsPath":"$.o",)"), R"({"o":{"a":1,"b":{"c":[2]}}})"),
            "SUCCEEDED");
  EXPECT_EQ(output(), R"([{"Key":"a","Value":1},{"Key":"b","Value":{"c":[2]}}])");
  const std::string selector =
      R"("ItemSelector":{"k.$":"$$.Map.Item.Key","v.$":"$$.Map.Item.Value"},)";
  machine = world.machine("keys", machine_of(selector));
  world.start(machine, "e", R"({"x":"y"})");
  EXPECT_EQ(world.describe(machine, "e")->output.text(), R"([{"k":"x","v":"y"}])");
  machine = world.machine("empty", machine_of(""));
  world.start(machine, "e", "{}");
  EXPECT_EQ(world.describe(machine, "e")->output.text(), "[]");
}

TEST_F(MapRunsTest, BatchesTakeSoManyItemsAndBytes) {
  EXPECT_EQ(run(machine_of(R"("ItemBatcher":{"MaxItemsPerBatch":3,"MaxInputBytesPerBatch":44,
                "BatchInput":{"b":1}},)"),
                R"([1,2,3,4444444444,5])"),
            "SUCCEEDED");
  EXPECT_EQ(
      output(),
      R"([{"BatchInput":{"b":1},"Items":[1,2,3]},{"BatchInput":{"b":1},"Items":[4444444444]},)"
      R"({"BatchInput":{"b":1},"Items":[5]}])");
  EXPECT_EQ(only_run().children.succeeded, 3);
  EXPECT_EQ(only_run().items.succeeded, 5);
}

TEST_F(MapRunsTest, AFailureIsNotToleratedUnlessItIsSaidSo) {
  EXPECT_EQ(run(machine_of(R"("MaxConcurrency":1,)", "STANDARD", picky), "[1,0,2]"), "FAILED");
  EXPECT_EQ(error(), "States.ExceedToleratedFailureThreshold");
  EXPECT_EQ(world.describe(machine, "e")->cause,
            "The specified tolerated failure threshold was exceeded");
  const MapRunView view = only_run();
  EXPECT_EQ(view.status, "FAILED");
  EXPECT_EQ(view.items.succeeded, 1);
  EXPECT_EQ(view.items.failed, 1);
  EXPECT_EQ(view.pending_items, 1);
  EXPECT_THAT(history(), testing::EndsWith("4<-MapRunFailed 5<-MapStateFailed 6<-ExecutionFailed"));
}

TEST_F(MapRunsTest, ToleratedFailuresAreDescribedAmongTheResults) {
  EXPECT_EQ(run(machine_of(R"("ToleratedFailurePercentage":34,)", "STANDARD", picky), "[1,0,2]"),
            "SUCCEEDED");
  EXPECT_THAT(output(), testing::MatchesRegex(R"(\[1,\{"Cause":"none","Error":"Zero",.*,2\])"));
  EXPECT_EQ(only_run().items.failed, 1);
  EXPECT_EQ(children("FAILED").size(), 1u);
}

TEST_F(MapRunsTest, AResultThatIsTooLargeFailsTheState) {
  world.limits.execution.max_payload_bytes = 1'000;
  world.crash();
  EXPECT_EQ(run(machine_of(R"("ItemSelector":{"text":")" + std::string(300, 'x') + R"("},)"),
                "[1,2,3,4]"),
            "FAILED");
  EXPECT_EQ(error(), "States.DataLimitExceeded");
}

class WaitingMapRunsTest : public MapRunsTest {
 protected:
  WaitingMapRunsTest() : MapRunsTest([](const TaskRequest&) { return std::nullopt; }) {}
  void answer(size_t place) {
    world.assembly->answers().answer(world.executor->ran.at(place).attempt,
                                     answer::Succeeded{asl::Payload("true")});
    world.settle();
  }
};

TEST_F(WaitingMapRunsTest, NoMoreRunThanMayAndAnUpdateLetsMore) {
  run(machine_of(R"("MaxConcurrency":2,)", "STANDARD", task), numbers(5));
  EXPECT_EQ(world.executor->ran.size(), 2u);
  answer(0);
  EXPECT_EQ(world.executor->ran.size(), 3u);
  std::optional<Result<bool>> updated;
  world.engine().update_map_run(only_run().arn, {.max_concurrency = 4},
                                [&](Result<bool> done) { updated = done; });
  world.settle();
  EXPECT_TRUE(updated && updated->has_value());
  EXPECT_EQ(world.executor->ran.size(), 5u);
  EXPECT_EQ(only_run().max_concurrency, 4);
  for (size_t i = 1; i < 5; ++i) answer(i);
  EXPECT_EQ(world.status(machine, "e"), "SUCCEEDED");
  world.engine().update_map_run(only_run().arn, {}, [&](Result<bool> done) { updated = done; });
  world.settle();
  EXPECT_EQ(updated->error().name, "ValidationException");
}

TEST_F(WaitingMapRunsTest, StoppingTheExecutionStopsRunAndChildren) {
  for (const char* type : {"STANDARD", "EXPRESS"}) {
    machine = world.machine(std::string("m") + type, machine_of("", type, task));
    world.start(machine, "e", numbers(3));
    const auto arn = execution_arn({}, std::string("m") + type, "e");
    world.engine().stop_execution(arn, "Enough", "of it", [](auto) {});
    world.settle();
    EXPECT_EQ(world.status(machine, "e"), "ABORTED");
    const auto page = world.engine().list_map_runs(arn, 0, 10);
    ASSERT_EQ(page->runs.size(), 1u);
    EXPECT_EQ(page->runs[0].status, "ABORTED");
    EXPECT_EQ(page->runs[0].items.aborted, 3);
    EXPECT_EQ(page->runs[0].items.running, 0);
  }
}

TEST_F(WaitingMapRunsTest, ExpressChildrenRunAgainAfterACrash) {
  run(machine_of("", "EXPRESS", task), numbers(3));
  EXPECT_EQ(world.executor->ran.size(), 3u);
  answer(1);
  world.crash();
  world.settle();
  ASSERT_EQ(world.executor->ran.size(), 2u);
  std::set<std::string> inputs;
  for (const TaskRequest& request : world.executor->ran) {
    inputs.insert(std::string(request.parameters.text()));
  }
  EXPECT_EQ(inputs, (std::set<std::string>{"0", "2"}));
  answer(0);
  answer(1);
  EXPECT_EQ(world.status(machine, "e"), "SUCCEEDED");
  EXPECT_EQ(only_run().items.succeeded, 3);
}

TEST_F(WaitingMapRunsTest, OneThatCannotBeReadIsQuarantinedUntilARestart) {
  run(machine_of("", "STANDARD", task), numbers(2));
  const std::string arn = only_run().arn;
  world.crash();
  world.faulty->damaged = actor_key(arn);
  world.settle();
  const auto listed = world.engine().quarantined();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].arn_or_key, arn);
  EXPECT_EQ(listed[0].reason, "Row 1 of its journal is damaged.");
  // Readable or not, it is left alone now; others of its shard are not.
  world.faulty->damaged.reset();
  std::optional<Result<bool>> updated;
  world.engine().update_map_run(arn, {.max_concurrency = 4},
                                [&](Result<bool> done) { updated = done; });
  world.pass(1'000);
  ASSERT_TRUE(updated && !*updated);
  EXPECT_EQ(updated->error().cause, "The map run is quarantined: Row 1 of its journal is damaged.");
  for (size_t i = 0; i < world.executor->recovered.size(); ++i) {
    EXPECT_EQ(world.executor->recovered[i].attempt.scheduled, 3);
  }
  EXPECT_EQ(world.status(machine, "e"), "RUNNING");
  world.crash();
  world.settle();
  EXPECT_TRUE(world.engine().quarantined().empty());
  // Both tasks were lost with their workers; the run has counted both ends.
  EXPECT_EQ(only_run().items.failed, 2);
  EXPECT_EQ(world.status(machine, "e"), "FAILED");
}

// Wherever the process ends, each item is counted once and the state's result is the same.
TEST(MapRunCrashes, AtAnyCommitLoseAndRepeatNothing) {
  for (const char* type : {"STANDARD", "EXPRESS"}) {
    for (const bool before : {true, false}) {
      for (int64_t at = 1; at < 400; ++at) {
        World world;
        const std::string machine = world.machine(
            "m", machine_of(R"("MaxConcurrency":3,"ItemBatcher":{"MaxItemsPerBatch":2},)", type));
        world.faulty->commits = 0;
        world.faulty->crash_at = at;
        world.faulty->before = before;
        const auto started = world.start(machine, "e", numbers(9));
        const bool crashed = world.faulty->crashed;
        if (crashed) {
          world.crash();
          world.settle();
        }
        if (world.status(machine, "e") == "ExecutionDoesNotExist") continue;  // never acknowledged
        ASSERT_EQ(world.status(machine, "e"), "SUCCEEDED") << type << before << at;
        EXPECT_EQ(world.describe(machine, "e")->output.text(),
                  R"([{"Items":[0,1]},{"Items":[2,3]},{"Items":[4,5]},{"Items":[6,7]},)"
                  R"({"Items":[8]}])");
        const auto page = world.engine().list_map_runs(execution_arn({}, "m", "e"), 0, 10);
        ASSERT_EQ(page->runs.size(), 1u);
        EXPECT_EQ(page->runs[0].items.succeeded, 9);
        EXPECT_EQ(page->runs[0].children.succeeded, 5);
        if (!crashed) break;
      }
    }
  }
}

}  // namespace
}  // namespace perdure::engine

// Redrives of map runs: what failed runs again, what succeeded does not, whatever happens
// meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

std::string machine_of(const std::string& fields, const std::string& type) {
  return R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"Label":"L",)" + fields +
         R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":")" + type +
         R"("},"StartAt":"B","States":{"B":{"Type":"Pass","Next":"T"},"T":{"Type":"Task","End":true,
            "Resource":"arn:aws:lambda:us-east-1:000000000000:function:f"}}}}}})";
}

// Its tasks fail for the inputs that are named, and leave alone those that are to wait.
class MapRedriveTest : public testing::Test {
 protected:
  void begin(const std::string& definition, const std::string& input = "[0,1,2,3]") {
    machine = world.machine("m", definition);
    const auto started = world.start(machine, "e", input);
    ASSERT_TRUE(started && started->has_value());
  }
  std::string status() { return world.status(machine, "e"); }
  std::string output() { return std::string(world.describe(machine, "e")->output.text()); }
  void redrive() {
    std::optional<Result<int64_t>> done;
    world.engine().redrive_execution({execution_arn({}, "m", "e"), {}, {}, {}, {}},
                                     [&](Result<int64_t> at) { done = at; });
    world.settle();
    ASSERT_TRUE(done && done->has_value()) << (done ? done->error().cause : "no answer");
  }
  void stop() {
    world.engine().stop_execution(execution_arn({}, "m", "e"), {}, {}, [](auto) {});
    world.settle();
  }
  MapRunView only_run() {
    const auto page = world.engine().list_map_runs(execution_arn({}, "m", "e"), 0, 10);
    EXPECT_TRUE(page && page->runs.size() == 1u);
    return page->runs.at(0);
  }
  std::vector<ExecutionRecord> children(const std::string& status = "") {
    ExecutionFilter filter;
    filter.map_run_arn = only_run().arn;
    filter.status = status;
    return *world.engine().list_executions(filter, {}, 1'000);
  }
  std::string history(const std::string& arn) {
    std::string text;
    const auto page = world.engine().history(arn, 0, false, 100);
    for (const asl::Entry& event : page->events) {
      text += " " + std::to_string(event.previous) + "<-" +
              std::string(asl::entry_type_name(event.type));
    }
    return text;
  }
  void renew() {  // another engine, with nothing in it
    world.assembly.reset();
    world.store = memory_store();
    world.boot();
  }

  std::set<std::string> failing, waiting;
  World world{[this](const TaskRequest& request) -> std::optional<TaskAnswer> {
    const std::string input(request.parameters.text());
    if (waiting.contains(input)) return std::nullopt;
    if (failing.contains(input)) return answer::Failed{"Bad", "it is"};
    return answer::Succeeded{request.parameters};
  }};
  std::string machine;
};

TEST_F(MapRedriveTest, StandardChildrenGoOnWhereTheyFailed) {
  failing = {"1"};
  begin(machine_of(R"("MaxConcurrency":1,)", "STANDARD"));
  ASSERT_EQ(status(), "FAILED");
  EXPECT_EQ(only_run().pending_items, 2);
  failing.clear();
  world.pass(1'000);
  redrive();
  EXPECT_EQ(status(), "SUCCEEDED");
  EXPECT_EQ(output(), "[0,1,2,3]");
  EXPECT_THAT(history(execution_arn({}, "m", "e")),
              testing::EndsWith("4<-MapRunFailed 5<-MapStateFailed 6<-ExecutionFailed "
                                "7<-ExecutionRedriven 6<-MapRunRedriven 9<-MapRunSucceeded "
                                "10<-MapStateSucceeded 9<-MapStateExited 12<-ExecutionSucceeded"));
  const MapRunView run = only_run();
  EXPECT_EQ(run.status, "SUCCEEDED");
  EXPECT_EQ(run.redrive_count, 1);
  EXPECT_EQ(run.redrive_ms, world.clock.now);
  EXPECT_EQ(run.items.succeeded, 4);
  EXPECT_EQ(run.items.failed + run.items.pending_redrive, 0);
  EXPECT_EQ(run.items.results_written, 4);
  EXPECT_EQ(world.executor->ran.size(), 5u) << "what had succeeded is not run again";
  int redriven = 0;
  for (const ExecutionRecord& child : children()) {
    EXPECT_EQ(child.status, "SUCCEEDED");
    if (child.redrive_count == 0) continue;
    ++redriven;
    EXPECT_EQ(history(child.arn),
              " 0<-ExecutionStarted 0<-PassStateEntered 2<-PassStateExited 3<-TaskStateEntered "
              "4<-LambdaFunctionScheduled 5<-LambdaFunctionStarted 6<-LambdaFunctionFailed "
              "7<-ExecutionFailed 8<-ExecutionRedriven 7<-LambdaFunctionScheduled "
              "10<-LambdaFunctionStarted 11<-LambdaFunctionSucceeded 12<-TaskStateExited "
              "13<-ExecutionSucceeded");
  }
  EXPECT_EQ(redriven, 1);
}

TEST_F(MapRedriveTest, ExpressChildrenBeginAgain) {
  failing = {R"({"Items":[2,3]})"};
  begin(machine_of(R"("ItemBatcher":{"MaxItemsPerBatch":2},)", "EXPRESS"), "[0,1,2,3,4,5]");
  ASSERT_EQ(status(), "FAILED");
  failing.clear();
  redrive();
  EXPECT_EQ(status(), "SUCCEEDED");
  EXPECT_EQ(output(), R"([{"Items":[0,1]},{"Items":[2,3]},{"Items":[4,5]}])");
  EXPECT_EQ(only_run().items.succeeded, 6);
  EXPECT_EQ(only_run().children.succeeded, 3);
}

TEST_F(MapRedriveTest, WhatFailsAgainIsRedrivenAgain) {
  for (const char* type : {"STANDARD", "EXPRESS"}) {
    renew();
    failing = {"1", "2"};
    begin(machine_of(R"("ToleratedFailureCount":1,)", type));
    ASSERT_EQ(status(), "FAILED") << type;
    failing = {"2"};
    redrive();
    EXPECT_EQ(status(), "SUCCEEDED") << "one failure is tolerated";
    EXPECT_THAT(output(), testing::MatchesRegex(R"(\[0,1,\{"Cause":"it is","Error":"Bad".*,3\])"));
    EXPECT_EQ(only_run().items.failed, 1);
  }
}

TEST_F(MapRedriveTest, ThoseThatWaitArePending) {
  failing = {"0", "1", "2"};
  begin(machine_of(R"("MaxConcurrency":1,"ToleratedFailureCount":2,)", "STANDARD"));
  ASSERT_EQ(status(), "FAILED");
  waiting = {"0"};
  world.pass(1);
  redrive();
  EXPECT_EQ(status(), "RUNNING");
  const MapRunView run = only_run();
  EXPECT_EQ(run.items.pending_redrive, 2);
  EXPECT_EQ(run.items.running, 1);
  EXPECT_EQ(run.pending_items, 1);
  EXPECT_EQ(children("PENDING_REDRIVE").size(), 2u);
  EXPECT_EQ(children("FAILED").size(), 0u);
  EXPECT_EQ(children("RUNNING").size(), 1u);
  const std::string pending = children("PENDING_REDRIVE").at(0).arn;
  EXPECT_EQ(world.engine().describe_execution(pending)->record.status, "PENDING_REDRIVE");
  world.crash();
  world.settle();
  EXPECT_EQ(status(), "FAILED") << "the worker of 0 was lost with the process";
  EXPECT_EQ(only_run().items.failed, 3);
  EXPECT_EQ(only_run().pending_items, 1);
  failing.clear();
  waiting.clear();
  redrive();
  EXPECT_EQ(status(), "SUCCEEDED");
  EXPECT_EQ(output(), "[0,1,2,3]");
  EXPECT_EQ(only_run().redrive_count, 2);
}

TEST_F(MapRedriveTest, AStoppedExecutionsRunGoesOn) {
  for (const char* type : {"STANDARD", "EXPRESS"}) {
    renew();
    waiting = {"0", "1", "2", "3"};
    begin(machine_of(R"("MaxConcurrency":2,)", type));
    stop();
    ASSERT_EQ(status(), "ABORTED");
    EXPECT_EQ(only_run().status, "ABORTED");
    EXPECT_EQ(only_run().items.aborted, 2);
    waiting.clear();
    redrive();
    EXPECT_EQ(status(), "SUCCEEDED") << type;
    EXPECT_EQ(output(), "[0,1,2,3]");
    EXPECT_EQ(only_run().items.succeeded, 4);
  }
}

// The stop and the redrive are both on their way to the run before it has ended.
TEST_F(MapRedriveTest, ARunThatStillStopsIsRedrivenAfterwards) {
  waiting = {"0", "1"};
  begin(machine_of("", "STANDARD"), "[0,1]");
  std::optional<Result<int64_t>> redriven;
  world.engine().stop_execution(execution_arn({}, "m", "e"), {}, {}, [](auto) {});
  world.engine().redrive_execution({execution_arn({}, "m", "e"), {}, {}, {}, {}},
                                   [&](Result<int64_t> at) { redriven = at; });
  waiting.clear();
  world.settle();
  ASSERT_TRUE(redriven && redriven->has_value());
  EXPECT_EQ(status(), "SUCCEEDED");
  EXPECT_EQ(only_run().redrive_count, 1);
}

TEST_F(MapRedriveTest, AFullHistoryIsFinal) {
  world.limits.execution.max_events = 12;
  world.crash();
  failing = {"1"};
  begin(machine_of("", "STANDARD"), "[0,1]");
  ASSERT_EQ(status(), "FAILED");
  EXPECT_EQ(only_run().final_items.failed, 0);
  redrive();  // of the child too: it fills its history
  ASSERT_EQ(status(), "FAILED");
  EXPECT_EQ(only_run().final_items.failed, 1);
  EXPECT_EQ(only_run().items.pending_redrive, 0);
}

TEST_F(MapRedriveTest, AResultThatWasTooLargeNeedsAnotherRun) {
  world.limits.execution.max_payload_bytes = 1'000;
  world.crash();
  begin(machine_of(R"("ItemSelector":{"text":")" + std::string(300, 'x') + R"("},)", "STANDARD"));
  ASSERT_EQ(world.describe(machine, "e")->error, "States.DataLimitExceeded");
  redrive();
  EXPECT_EQ(world.engine().list_map_runs(execution_arn({}, "m", "e"), 0, 10)->runs.size(), 2u);
}

TEST_F(MapRedriveTest, ARunThatIsGoneFailsItsState) {
  failing = {"0"};
  begin(machine_of("", "EXPRESS"), "[0]");
  ASSERT_EQ(status(), "FAILED");
  const ActorKey run = actor_key(only_run().arn);
  Batch batch;
  Append append;
  append.actor = run;
  append.kind = ActorKind::map_run;
  append.remove = true;
  batch.appends.push_back(append);
  ASSERT_TRUE(world.store->commit(*world.store->acquire_leases(), batch));
  world.crash();
  redrive();
  EXPECT_EQ(status(), "FAILED");
  EXPECT_EQ(world.describe(machine, "e")->error, "States.Runtime");
}

// Wherever the process ends, a redrive runs each child again once, and loses none.
TEST_F(MapRedriveTest, ACrashAtAnyCommitLosesAndRepeatsNothing) {
  for (const char* type : {"STANDARD", "EXPRESS"}) {
    for (const bool before : {true, false}) {
      bool crashed = true;
      for (int64_t at = 1; crashed && at < 200; ++at) {
        renew();
        failing = {"1", "3"};
        begin(machine_of(R"("MaxConcurrency":2,"ToleratedFailureCount":1,)", type), "[0,1,2,3,4]");
        ASSERT_EQ(status(), "FAILED");
        failing.clear();
        world.faulty->commits = 0;
        world.faulty->crash_at = at;
        world.faulty->before = before;
        world.engine().redrive_execution({execution_arn({}, "m", "e"), "t", {}, {}, {}},
                                         [](Result<int64_t>) {});
        world.settle();
        crashed = world.faulty->crashed;
        if (crashed) world.crash();
        world.engine().redrive_execution({execution_arn({}, "m", "e"), "t", {}, {}, {}},
                                         [](Result<int64_t>) {});
        world.pass(5'000);
        // A worker that was lost fails its child: one more redrive makes it good.
        for (int again = 0; again < 3 && status() != "SUCCEEDED"; ++again) redrive();
        ASSERT_EQ(status(), "SUCCEEDED") << type << before << at;
        EXPECT_EQ(output(), "[0,1,2,3,4]");
        EXPECT_EQ(only_run().items.succeeded, 5);
        EXPECT_EQ(only_run().children.succeeded, 5);
      }
      EXPECT_FALSE(crashed) << "more crashes were possible";
    }
  }
}

}  // namespace
}  // namespace perdure::engine

// A Map in DISTRIBUTED mode as its execution sees it: the order, the end, and what follows.
#include "asl/states/map_distributed.h"
#include "tests/asl/execution/world.h"

namespace perdure::asl::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string machine_of(const std::string& fields, const std::string& more = "") {
  return R"({"StartAt":"M","States":{"M":{"Type":"Map",)" + fields +
         R"("Label":"L","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",
            "ExecutionType":"STANDARD"},"StartAt":"P",
            "States":{"P":{"Type":"Pass","End":true}}}})" +
         more + "}}";
}

input::MapRunEnded ended(EventId started, const std::string& output) {
  input::MapRunEnded input;
  input.started = started;
  input.succeeded = true;
  input.output = Payload(output);
  return input;
}

input::MapRunEnded failed(EventId started) {
  input::MapRunEnded input;
  input.started = started;
  input.error = "States.ExceedToleratedFailureThreshold";
  input.cause = "C";
  return input;
}

const StartMapRun* order_of(const World& world) {
  for (const Effect& effect : world.effects) {
    if (const auto* start = std::get_if<StartMapRun>(&effect)) return start;
  }
  return nullptr;
}

int stops_in(const World& world) {
  int stops = 0;
  for (const Effect& effect : world.effects) stops += std::holds_alternative<StopMapRun>(effect);
  return stops;
}

TEST(DistributedMapTest, AsksForARunAndGoesOnWithItsResult) {
  World world(machine_of(R"("End":true,"ResultSelector":{"r.$":"$"},"MaxConcurrency":7,)"));
  world.start("[1, 2]");
  EXPECT_EQ(world.history(3), "3<-2 MapStateStarted; 4<-3 MapRunStarted");
  EXPECT_EQ(world.event(3).number(Field::length), 2);
  const StartMapRun* order = order_of(world);
  ASSERT_NE(order, nullptr);
  EXPECT_THAT(std::string(order->started.text(Field::map_run_arn)),
              HasSubstr("arn:aws:states:us-east-1:123456789012:mapRun:m/L:"));
  EXPECT_EQ(order->started.text(Field::items), "[1,2]");
  EXPECT_EQ(order->started.text(Field::map_run),
            R"({"state":"M","label":"L","express":false,"maxConcurrency":7})");
  world.run(ended(4, "[1,2]"));
  EXPECT_EQ(world.history(5),
            "5<-4 MapRunSucceeded; 6<-5 MapStateSucceeded; 7<-4 MapStateExited; 8<-7 "
            "ExecutionSucceeded");
  EXPECT_EQ(world.output(), R"({"r":[1,2]})");
}

TEST(DistributedMapTest, ALateEndChangesNothing) {
  World world(machine_of(R"("End":true,)"));
  world.start("[]");
  EXPECT_TRUE(world.give(ended(3, "[]")).entries.empty());
  world.run(ended(4, "[]"));
  EXPECT_EQ(world.status(), "SUCCEEDED");
  EXPECT_TRUE(world.give(ended(4, "[]")).entries.empty());
}

TEST(DistributedMapTest, AFailureIsCaught) {
  World world(machine_of(R"("Next":"S","Catch":[{"ErrorEquals":["States.ALL"],"Next":"S"}],)",
                         R"(,"S":{"Type":"Succeed"})"));
  world.start("[1]").run(failed(4));
  EXPECT_THAT(world.history(5),
              ::testing::StartsWith("5<-4 MapRunFailed; 6<-5 MapStateFailed; 7<-6 MapStateExited"));
  EXPECT_EQ(world.output(), R"({"Error":"States.ExceedToleratedFailureThreshold","Cause":"C"})");
}

TEST(DistributedMapTest, ARetryAsksForAnotherRun) {
  World world(machine_of(R"("End":true,"Retry":[{"ErrorEquals":["States.TaskFailed"]}],)"));
  world.start("[1]").run(failed(4)).wait();
  EXPECT_THAT(world.history(5),
              EndsWith("5<-4 MapRunFailed; 6<-5 MapStateStarted; 7<-6 MapRunStarted"));
  EXPECT_NE(world.event(7).text(Field::map_run_arn), world.event(4).text(Field::map_run_arn));
  world.run(ended(4, "[0]"));
  EXPECT_EQ(world.status(), "RUNNING");
  world.run(ended(7, "[1]"));
  EXPECT_EQ(world.output(), "[1]");
}

const RedriveMapRun* redrive_in(const World& world) {
  const RedriveMapRun* last = nullptr;
  for (const Effect& effect : world.effects) {
    if (const auto* redrive = std::get_if<RedriveMapRun>(&effect)) last = redrive;
  }
  return last;
}

TEST(DistributedMapTest, ARedriveRedrivesTheRunThatFailed) {
  World world(machine_of(R"("End":true,)"));
  world.start("[1]").run(failed(4)).run(input::Redrive{});
  EXPECT_EQ(world.history(8), "8<-7 ExecutionRedriven; 9<-6 MapRunRedriven");
  EXPECT_EQ(world.event(9).number(Field::redrive_count), 1);
  EXPECT_EQ(world.event(9).text(Field::map_run_arn), world.event(4).text(Field::map_run_arn));
  ASSERT_NE(redrive_in(world), nullptr);
  EXPECT_EQ(redrive_in(world)->redriven, 9);
  EXPECT_TRUE(world.give(ended(4, "[0]")).entries.empty()) << "the end of before";
  world.run(failed(9)).run(input::Redrive{});
  EXPECT_EQ(world.history(10),
            "10<-9 MapRunFailed; 11<-10 MapStateFailed; 12<-11 ExecutionFailed; "
            "13<-12 ExecutionRedriven; 14<-11 MapRunRedriven");
  EXPECT_EQ(world.event(14).number(Field::redrive_count), 2);
  world.run(ended(14, "[1]"));
  EXPECT_EQ(world.output(), "[1]");
}

TEST(DistributedMapTest, AStoppedRunIsRedrivenToo) {
  World world(machine_of(R"("End":true,)"));
  world.start("[1]").run(input::Stop{}).run(input::Redrive{});
  EXPECT_EQ(world.history(5), "5<-4 ExecutionAborted; 6<-5 ExecutionRedriven; 7<-4 MapRunRedriven");
}

// AWS: what cannot get better is begun anew.
TEST(DistributedMapTest, ARunThatIsOverIsFollowedByAnother) {
  for (const char* error : {"States.DataLimitExceeded", "States.ItemReaderFailed"}) {
    World world(machine_of(R"("End":true,)"));
    auto end = failed(4);
    end.error = error;
    world.start("[1]").run(end).run(input::Redrive{});
    EXPECT_THAT(world.history(9), "9<-6 MapStateStarted; 10<-9 MapRunStarted") << error;
  }
  World world(machine_of(R"("End":true,"OutputPath":"$.no",)"));
  world.start("[1]").run(ended(4, "[1]"));
  ASSERT_EQ(world.status(), "FAILED");
  world.run(input::Redrive{});
  EXPECT_THAT(world.history(), EndsWith("10<-7 MapStateStarted; 11<-10 MapRunStarted"));
}

TEST(DistributedMapTest, ARunIsRedrivenAThousandTimesAtMost) {
  World world(machine_of(R"("End":true,)"));
  world.start("[1]").run(failed(4));
  for (int redrive = 0; redrive < 1'000; ++redrive) {
    world.run(input::Redrive{}).run(input::Stop{});
  }
  ASSERT_EQ(world.status(), "ABORTED");
  world.run(input::Redrive{});
  EXPECT_EQ(world.status(), "FAILED");
  EXPECT_EQ(world.execution.error(), "States.Runtime");
}

TEST(DistributedMapTest, LabelsLeadToTheirStates) {
  const auto machine = parse_definition(
      R"({"StartAt":"X","States":{"X":{"Type":"Parallel","End":true,"Branches":[)" +
      machine_of(R"("End":true,)") + "]}}}");
  ASSERT_TRUE(machine.ok());
  const State* found = find_labelled_map(machine.machine->graph, "hash", "L");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "M");
  EXPECT_EQ(find_labelled_map(machine.machine->graph, "hash", "K"), nullptr);
}

TEST(DistributedMapTest, StoppingStopsTheRun) {
  World world(machine_of(R"("End":true,)"));
  world.start("[1]").run(input::Stop{});
  EXPECT_EQ(world.history(5), "5<-4 ExecutionAborted");
  EXPECT_EQ(stops_in(world), 1);
}

TEST(DistributedMapTest, ASiblingsFailureAbortsTheRun) {
  World world(R"({"StartAt":"X","States":{"X":{"Type":"Parallel","End":true,"Branches":[)" +
              machine_of(R"("End":true,)") +
              R"(,{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"F"},
                  "F":{"Type":"Fail"}}}]}}})");
  world.start("[1]").wait();
  EXPECT_THAT(world.history(), HasSubstr("MapRunAborted"));
  EXPECT_THAT(world.history(), HasSubstr("MapStateAborted"));
  EXPECT_EQ(stops_in(world), 1);
  EXPECT_EQ(world.status(), "FAILED");
}

TEST(DistributedMapTest, SettingsComeFromPathsAndExpressions) {
  World paths(machine_of(
      R"("End":true,"ItemsPath":"$.l","ToleratedFailureCountPath":"$.c",
         "ToleratedFailurePercentagePath":"$.p","ItemBatcher":{"MaxItemsPerBatchPath":"$.b",
         "BatchInput":{"x.$":"$.c"}},"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject",
         "Parameters":{"Bucket.$":"$.w","Prefix":"p"}},)"));
  paths.start(R"({"l":[1],"c":"3","p":12.5,"b":2,"w":"bucket"})");
  EXPECT_EQ(order_of(paths)->started.text(Field::map_run),
            R"({"state":"M","label":"L","express":false,"maxConcurrency":0,)"
            R"("toleratedFailureCount":3,"toleratedFailurePercentage":12.5,"batched":true,)"
            R"("maxItemsPerBatch":2,"batchInput":{"x":"3"},)"
            R"("writerArguments":{"Bucket":"bucket","Prefix":"p"},"resultForm":"NONE"})");
  World jsonata(
      R"({"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","End":true,
          "Items":"{% $states.input.l %}","ToleratedFailureCount":"{% 1 + 1 %}","Label":"L",
          "ItemSelector":{"v":"{% $states.context.Map.Item.Value %}"},
          "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
          "StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}})");
  jsonata.start(R"({"l":[1]})");
  EXPECT_THAT(std::string(order_of(jsonata)->started.text(Field::map_run)),
              HasSubstr(R"("express":true,"maxConcurrency":0,"toleratedFailureCount":2,)"));
  EXPECT_EQ(order_of(jsonata)->started.text(Field::selector_input), R"({"l":[1]})");
}

TEST(DistributedMapTest, WhatIsNoNumberFailsAfterTheMapHasStarted) {
  World world(
      machine_of(R"("End":true,"ItemsPath":"$.l","ToleratedFailurePercentagePath":"$.p",)"));
  world.start(R"({"l":[1],"p":100.1})");
  EXPECT_EQ(world.history(3), "3<-2 MapStateStarted; 4<-3 ExecutionFailed");
  EXPECT_THAT(*world.execution.cause(),
              EndsWith("ToleratedFailurePercentage must be between 0 and 100."));
}

}  // namespace
}  // namespace perdure::asl::testing

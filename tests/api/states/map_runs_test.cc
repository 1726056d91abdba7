#include "tests/api/states/states_fixture.h"

namespace perdure::api {
namespace {

class MapRuns : public StatesTest {
 protected:
  static constexpr const char* arn = "arn:aws:states:us-east-1:000000000000:mapRun:m/L:u";

  engine::MapRunView& add_run() {
    engine::MapRunView& run = engine_.map_runs[arn];
    run.arn = arn;
    run.execution_arn = "arn:aws:states:us-east-1:000000000000:execution:m:e";
    run.status = "RUNNING";
    run.start_ms = 1'000;
    run.items.succeeded = 3;
    run.items.failed = 1;
    run.pending_items = 2;
    return run;
  }
  Json counts() { return ok("DescribeMapRun", {{"mapRunArn", arn}})["itemCounts"]; }
};

// Recorded before there were redrives: counts of theirs come with the first one.
TEST_F(MapRuns, CountsOfRedrivesAreShownWhereThereIsOne) {
  engine::MapRunView& run = add_run();
  const Json first = {{"pending", 2},  {"running", 0}, {"succeeded", 3}, {"failed", 1},
                      {"timedOut", 0}, {"aborted", 0}, {"total", 6},     {"resultsWritten", 0}};
  EXPECT_EQ(counts(), first);
  run.final_items.failed = 1;
  EXPECT_EQ(counts()["failuresNotRedrivable"], 1);
  run.final_items.failed = 0;
  run.items.failed = 0;
  run.items.pending_redrive = 1;
  run.redrive_count = 2;
  run.redrive_ms = 5'500;
  EXPECT_EQ(counts()["pendingRedrive"], 1);
  EXPECT_EQ(counts()["failuresNotRedrivable"], 0);
  EXPECT_EQ(counts()["total"], 6);
  const Json described = ok("DescribeMapRun", {{"mapRunArn", arn}});
  EXPECT_EQ(described["redriveCount"], 2);
  EXPECT_EQ(described["redriveDate"], 5.5);
}

TEST_F(MapRuns, ChildrenAreListedWithTheirItems) {
  add_run();
  engine::ExecutionRecord child;
  child.arn = "arn:aws:states:us-east-1:000000000000:execution:m/L:c";
  child.name = "c";
  child.status = "PENDING_REDRIVE";
  child.start_ms = 1;
  child.map_run_arn = arn;
  engine_.listed.push_back(child);
  const Json listed =
      ok("ListExecutions", {{"mapRunArn", arn}, {"statusFilter", "PENDING_REDRIVE"}});
  ASSERT_EQ(listed["executions"].size(), 1u);
  EXPECT_EQ(listed["executions"][0]["itemCount"], 3);
  EXPECT_EQ(listed["executions"][0]["mapRunArn"], arn);
  EXPECT_EQ(listed["executions"][0]["status"], "PENDING_REDRIVE");
}

}  // namespace
}  // namespace perdure::api

#include "api/cli/progress_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace perdure::api::cli {
namespace {

class ProgressTreeTest : public ::testing::Test {
 protected:
  void add(int64_t id, int64_t previous, const std::string& type, Json details = nullptr) {
    Json event = {
        {"id", id}, {"previousEventId", previous}, {"type", type}, {"timestamp", id * 1.0}};
    if (details.is_object()) event["someEventDetails"] = std::move(details);
    tree_.add(event);
  }
  void enter(int64_t id, int64_t previous, const std::string& type, const std::string& name) {
    add(id, previous, type + "StateEntered", Json::object({{"name", name}}));
  }
  void leave(int64_t id, int64_t previous, const std::string& type, const std::string& name) {
    add(id, previous, type + "StateExited", Json::object({{"name", name}}));
  }
  std::string drawn() {
    std::string out;
    for (const std::string& line : tree_.lines(100'000, false)) out += line + "\n";
    return out;
  }
  ProgressTree tree_;
};

TEST_F(ProgressTreeTest, StatesInARow) {
  add(1, 0, "ExecutionStarted");
  enter(2, 0, "Pass", "A");
  leave(3, 2, "Pass", "A");
  enter(4, 3, "Wait", "B");
  EXPECT_EQ(drawn(), "✓ A  Pass  1.0 s\n● B  Wait  1 min 36 s\n");
  EXPECT_EQ(tree_.status(), "RUNNING");
  EXPECT_EQ(tree_.last_event(), 4);
}

TEST_F(ProgressTreeTest, ADistributedMapShowsItsCounts) {
  add(1, 0, "ExecutionStarted");
  enter(2, 0, "Map", "M");
  add(3, 2, "MapStateStarted", Json::object({{"length", 9}}));
  add(4, 3, "MapRunStarted", Json::object({{"mapRunArn", "arn"}}));
  EXPECT_EQ(tree_.map_runs(), std::vector<std::string>{"arn"});
  tree_.set_counts("arn", {{"succeeded", 4}, {"total", 9}, {"running", 2}, {"failed", 1}});
  EXPECT_EQ(drawn(), "● M  Map  1 min 38 s  4 of 9 items, 2 running, 1 failed\n");
  add(5, 4, "MapRunSucceeded");
  add(6, 5, "MapStateSucceeded");
  leave(7, 4, "Map", "M");
  tree_.set_counts("arn", {{"succeeded", 8}, {"total", 9}, {"failed", 1}});
  EXPECT_EQ(drawn(), "✓ M  Map  5.0 s  8 of 9 items, 1 failed\n");
  EXPECT_TRUE(tree_.map_runs().empty());
}

TEST_F(ProgressTreeTest, ARedrivenMapRunIsCountedAnew) {
  add(1, 0, "ExecutionStarted");
  enter(2, 0, "Map", "M");
  add(3, 2, "MapStateStarted", Json::object({{"length", 9}}));
  add(4, 3, "MapRunStarted", Json::object({{"mapRunArn", "arn"}}));
  add(5, 4, "MapRunFailed", Json::object({{"error", "E"}}));
  add(6, 5, "MapStateFailed");
  add(7, 6, "ExecutionFailed");
  tree_.set_counts("arn", {{"succeeded", 5}, {"total", 9}, {"failed", 4}});
  EXPECT_TRUE(tree_.map_runs().empty());
  add(8, 7, "ExecutionRedriven");
  add(9, 6, "MapRunRedriven", Json::object({{"mapRunArn", "arn"}, {"redriveCount", 1}}));
  EXPECT_EQ(tree_.map_runs(), std::vector<std::string>{"arn"});
  tree_.set_counts("arn", {{"succeeded", 5}, {"total", 9}, {"running", 1}, {"pendingRedrive", 3}});
  EXPECT_THAT(drawn(), testing::HasSubstr("5 of 9 items, 1 running, 3 to be redriven"));
}

TEST_F(ProgressTreeTest, RetriesAndCaughtErrors) {
  enter(2, 0, "Task", "T");
  add(3, 2, "TaskScheduled");
  add(4, 3, "TaskFailed", {{"error", "Busy"}});
  add(5, 4, "TaskScheduled");
  add(6, 5, "TaskFailed", {{"error", "Down"}});
  leave(7, 6, "Task", "T");
  enter(8, 7, "Fail", "F");
  add(9, 8, "ExecutionFailed");
  EXPECT_EQ(drawn(), "↷ T  Task  5.0 s  2 attempts  Down\n✗ F  Fail\n");
  EXPECT_EQ(tree_.status(), "FAILED");
}

TEST_F(ProgressTreeTest, BranchesStandBelowTheirParallel) {
  enter(2, 0, "Parallel", "P");
  add(3, 2, "ParallelStateStarted");
  enter(4, 3, "Pass", "A");
  enter(5, 3, "Pass", "B");
  leave(6, 4, "Pass", "A");
  leave(7, 5, "Pass", "B");
  add(8, 7, "ParallelStateSucceeded");
  leave(9, 7, "Parallel", "P");
  enter(10, 9, "Pass", "Last");
  leave(11, 10, "Pass", "Last");
  add(12, 11, "ExecutionSucceeded");
  EXPECT_EQ(drawn(),
            "✓ P  Parallel  7.0 s\n  ✓ A  Pass  2.0 s\n  ✓ B  Pass  2.0 s\n✓ Last  Pass  1.0 s\n");
  EXPECT_EQ(tree_.status(), "SUCCEEDED");
}

// Ids and joins as AWS records them: an iteration's end and the next one's start have the same
// previous event.
TEST_F(ProgressTreeTest, IterationsStandBelowTheirMap) {
  enter(2, 0, "Map", "M");
  add(3, 2, "MapStateStarted", {{"length", 2}});
  add(4, 3, "MapIterationStarted", {{"name", "M"}, {"index", 0}});
  enter(5, 4, "Pass", "A");
  leave(6, 5, "Pass", "A");
  add(7, 6, "MapIterationSucceeded", {{"name", "M"}, {"index", 0}});
  add(8, 6, "MapIterationStarted", {{"name", "M"}, {"index", 1}});
  enter(9, 8, "Pass", "A");
  leave(10, 9, "Pass", "A");
  add(11, 10, "MapIterationSucceeded", {{"name", "M"}, {"index", 1}});
  add(12, 11, "MapStateSucceeded");
  leave(13, 11, "Map", "M");
  EXPECT_EQ(drawn(),
            "✓ M  Map  11.0 s\n  ✓ #0  3.0 s\n    ✓ A  Pass  1.0 s\n  ✓ #1  3.0 s\n    ✓ A  Pass  "
            "1.0 s\n");
}

TEST_F(ProgressTreeTest, UnknownEventsAndHostileNamesAreHarmless) {
  add(1, 77, "SomethingNew", {{"error", "x"}});
  leave(2, 1, "Pass", "never entered");
  add(3, 2, "MapIterationStarted", {{"index", 0}});
  enter(4, 3, "Pass", "\x1b[2Jname");
  EXPECT_EQ(drawn().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace perdure::api::cli

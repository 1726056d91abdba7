// Rows are fired at their moments, in their order, in groups that leave room for other work.
#include "engine/timers.h"

#include <gtest/gtest.h>

#include "tests/engine/store/support.h"
#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

ActorKey numbered(int64_t number) {
  ActorKey key;
  for (size_t i = 0; i < 8; ++i) key.bytes[15 - i] = static_cast<uint8_t>(number >> (8 * i));
  return key;
}

class TimersTest : public testing::Test {
 protected:
  TimersTest() : epoch_(*store_->acquire_leases()) {}

  void add(int64_t number, int64_t due_ms) {
    Append append;
    append.actor = numbered(number);
    append.create = true;
    append.due_ms = std::optional<int64_t>(due_ms);
    ASSERT_EQ(store_->commit(epoch_, {{append}, {}})->appends.at(0), Outcome::committed);
  }
  void remove(int64_t number) {
    Append append;
    append.actor = numbered(number);
    append.remove = true;
    ASSERT_TRUE(store_->commit(epoch_, {{append}, {}}));
  }
  void run() {
    while (runner_.step()) {
    }
  }
  // Until the moment; everything that is due on the way happens.
  void pass(int64_t until_ms) {
    for (run(); runner_.skip(until_ms); run()) {
    }
    clock_.now = until_ms;
    run();
  }

  ManualClock clock_;
  ManualRunner runner_{clock_};
  std::unique_ptr<Store> store_ = memory_store();
  const int64_t epoch_;
  std::vector<ActorDue> fired_;
  std::vector<size_t> groups_;
  std::vector<std::function<void()>> turns_;
  bool hold_ = false;
  Timers timers_{*store_, clock_, runner_, [this](std::vector<ActorDue> group, auto done) {
                   for (const ActorDue& due : group) EXPECT_LE(due.due_ms, clock_.now);
                   groups_.push_back(group.size());
                   fired_.insert(fired_.end(), group.begin(), group.end());
                   hold_ ? turns_.push_back(done) : done();
                 }};
};

TEST_F(TimersTest, ManyRowsOfOneMomentComeInGroupsAndInOrder) {
  const int64_t due = clock_.now + 5'000;
  for (int64_t number = 0; number < 3'500; ++number) add(number, due);
  timers_.start();
  pass(due - 1);
  EXPECT_TRUE(fired_.empty());
  pass(due);
  ASSERT_EQ(fired_.size(), 3'500u);
  for (int64_t number = 0; number < 3'500; ++number) {
    EXPECT_EQ(fired_[static_cast<size_t>(number)].actor, numbered(number));
  }
  EXPECT_LE(*std::max_element(groups_.begin(), groups_.end()), 256u);
}

TEST_F(TimersTest, TheNextGroupWaitsForOneBeforeIt) {
  const int64_t due = clock_.now + 100;
  for (int64_t number = 0; number < 1'000; ++number) add(number, due);
  hold_ = true;
  timers_.start();
  pass(due);
  EXPECT_EQ(groups_.size(), 2u);
  turns_.at(0)();
  run();
  EXPECT_EQ(groups_.size(), 3u);
  while (turns_.size() > 1) {
    turns_.back()();
    turns_.pop_back();
    run();
  }
  EXPECT_EQ(fired_.size(), 1'000u);
}

TEST_F(TimersTest, RowsArmedLaterFireAtTheirMoments) {
  timers_.start();
  run();
  const int64_t soon = clock_.now + 50, later = clock_.now + 90'000;
  add(1, later);
  timers_.armed({numbered(1), ActorKind::execution, later});
  add(2, soon);
  timers_.armed({numbered(2), ActorKind::execution, soon});
  pass(soon);
  ASSERT_EQ(fired_.size(), 1u);
  remove(2);
  pass(later - 1);
  EXPECT_EQ(fired_.size(), 1u);
  pass(later);
  ASSERT_EQ(fired_.size(), 2u);
  EXPECT_EQ(fired_[1].actor, numbered(1));
}

TEST_F(TimersTest, ARowThatStaysIsFiredAgain) {
  const int64_t due = clock_.now + 100;
  add(1, due);
  timers_.start();
  pass(due + 20'000);
  EXPECT_EQ(fired_.size(), 1u);
  pass(due + 70'000);
  EXPECT_GE(fired_.size(), 2u);
  remove(1);
  const size_t until_then = fired_.size();
  pass(due + 10'000'000);
  EXPECT_EQ(fired_.size(), until_then);
}

// A year of sleep costs a few looks, not one every half minute.
TEST_F(TimersTest, NothingRunsWhileAllSleep) {
  const int64_t due = clock_.now + 365LL * 24 * 3600 * 1000;
  add(1, due);
  timers_.start();
  run();
  int64_t wakes = 0;
  while (runner_.skip(due - 1'000)) {
    ++wakes;
    run();
  }
  EXPECT_LE(wakes, 2);
  pass(due);
  EXPECT_EQ(fired_.size(), 1u);
}

// A task times out and a Wait begins whose moment is that of the timeout.
class SameMomentTest : public testing::Test {
 protected:
  SameMomentTest() : world_([](const TaskRequest&) { return std::nullopt; }) {}
  std::string machine(asl::MachineType type) {
    return world_.machine("m", R"({"StartAt":"T","States":{
        "T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f",
             "TimeoutSeconds":1,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"W"}],"End":true},
        "W":{"Type":"Wait","Timestamp":"2025-11-21T05:27:50.123Z","End":true}}})",
                          type);
  }
  World world_;
};

TEST_F(SameMomentTest, IsMetByAStandardExecution) {
  const std::string standard = machine(asl::MachineType::standard);
  world_.start(standard, "e");
  EXPECT_EQ(world_.status(standard, "e"), "RUNNING");
  world_.pass(1'100);
  EXPECT_EQ(world_.status(standard, "e"), "SUCCEEDED");
}

TEST_F(SameMomentTest, IsMetByAnExpressExecution) {
  StartRequest request;
  request.state_machine_arn = machine(asl::MachineType::express);
  request.input = "{}";
  std::optional<Result<Closed>> closed;
  world_.engine().start_sync_execution(request, [&](auto end) { closed = std::move(end); });
  world_.pass(900);
  EXPECT_FALSE(closed);
  world_.pass(200);
  ASSERT_TRUE(closed && *closed);
  EXPECT_EQ((*closed)->status, asl::ExecutionStatus::succeeded);
}

}  // namespace
}  // namespace perdure::engine

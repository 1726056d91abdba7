#include "api/states/throttling.h"

#include "tests/api/states/states_fixture.h"

namespace perdure::api {
namespace {

class StillClock final : public Clock {
 public:
  int64_t now_ms() const override { return now; }
  int64_t now = 1'763'702'869'000;
};

class ThrottlingTest : public StatesTest {
 protected:
  int passed(const engine::Tenant& tenant, const char* operation, int calls, bool express = false) {
    int count = 0;
    for (int i = 0; i < calls; ++i) count += throttling_.take(tenant, operation, express);
    return count;
  }

  StillClock still_;
  Throttling throttling_{still_};
};

TEST_F(ThrottlingTest, a_bucket_has_its_size_then_its_refill) {
  EXPECT_EQ(passed({}, "StartExecution", 2'000), 1'300);
  still_.now += 1'000;
  EXPECT_EQ(passed({}, "StartExecution", 2'000), 300);
  still_.now += 3'600'000;
  EXPECT_EQ(passed({}, "StartExecution", 2'000), 1'300);
}

TEST_F(ThrottlingTest, accounts_regions_and_operations_have_buckets_of_their_own) {
  EXPECT_EQ(passed({}, "StartExecution", 2'000), 1'300);
  EXPECT_EQ(passed({"111111111111", "us-east-1"}, "StartExecution", 2'000), 1'300);
  EXPECT_EQ(passed({"000000000000", "eu-central-1"}, "StartExecution", 2'000), 800);
  EXPECT_EQ(passed({}, "StopExecution", 2'000), 1'000);
  EXPECT_EQ(passed({}, "StartExecution", 10'000, true), 6'000);
  EXPECT_EQ(passed({}, "StartSyncExecution", 10'000), 10'000);
}

TEST_F(ThrottlingTest, a_clock_that_goes_back_fills_nothing) {
  EXPECT_EQ(passed({}, "StartExecution", 2'000), 1'300);
  still_.now -= 60'000;
  EXPECT_EQ(passed({}, "StartExecution", 10), 0);
}

TEST_F(ThrottlingTest, refused_calls_do_not_reach_their_operation) {
  throttle(service_.operations, throttling_, engine_.machines);
  add_machine("m");
  for (int i = 0; i < 100; ++i) ok("ListStateMachines", Json::object());
  EXPECT_EQ(failure("ListStateMachines", Json::object()), "ThrottlingException: Rate exceeded");
  ok("StartExecution", {{"stateMachineArn", machine_arn}});
}

TEST_F(ThrottlingTest, express_starts_use_their_own_bucket) {
  throttle(service_.operations, throttling_, engine_.machines);
  add_machine("m", asl::MachineType::express);
  EXPECT_EQ(passed({}, "StartExecution", 2'000), 1'300);
  ok("StartExecution", {{"stateMachineArn", machine_arn}});
}

}  // namespace
}  // namespace perdure::api

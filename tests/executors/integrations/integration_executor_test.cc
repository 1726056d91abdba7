// One attempt, one end: whatever comes late, twice or after a crash.
#include "executors/integrations/integration_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/support/world.h"

namespace perdure::executors {
namespace {

using engine::AttemptId;
using engine::TaskAnswer;
using engine::TaskRequest;

struct NotingSink final : engine::AnswerSink {
  void answer(const AttemptId& attempt, TaskAnswer answer) override {
    const std::string of = std::to_string(attempt.scheduled) + " ";
    if (std::holds_alternative<engine::answer::Ready>(answer)) said.push_back(of + "ready");
    if (auto* one = std::get_if<engine::answer::Succeeded>(&answer)) {
      said.push_back(of + "succeeded " + std::string(one->output.text()));
    }
    if (auto* one = std::get_if<engine::answer::Completed>(&answer)) {
      said.push_back(of + "completed " + std::string(one->output.text()));
    }
    if (auto* one = std::get_if<engine::answer::Failed>(&answer)) {
      said.push_back(of + "failed " + *one->error);
    }
  }
  std::vector<std::string> said;
};

// Keeps what is begun; the test answers.
struct Kept final : Integration {
  bool serves(const asl::TaskResource& resource) const override {
    return resource.service == "kept";
  }
  void begin(const IntegrationAttemptPtr& attempt) override { begun.push_back(attempt); }
  void follow(const IntegrationAttemptPtr& attempt) override { followed.push_back(attempt); }
  engine::answer::Failed lost(const IntegrationAttempt&) const override {
    return {"Lost", std::nullopt};
  }
  std::vector<IntegrationAttemptPtr> begun, followed;
};

class IntegrationExecutorTest : public ::testing::Test {
 protected:
  IntegrationExecutorTest() {
    auto all = std::make_shared<Integrations>();
    auto one = std::make_unique<Kept>();
    kept = one.get();
    all->push_back(std::move(one));
    integrations = all;
    make(false);
  }
  void make(bool rerun) {
    executor = std::make_unique<IntegrationExecutor>(sink, integrations, runner, random, rerun);
  }
  static TaskRequest request(int64_t scheduled, asl::TaskPattern pattern = {}) {
    TaskRequest request;
    request.attempt.scheduled = scheduled;
    request.resource.service = "kept";
    request.resource.pattern = pattern;
    request.request_id = "r";
    return request;
  }
  void settle() {
    while (runner.step()) {
    }
  }
  using Said = std::vector<std::string>;

  engine::ManualClock clock;
  engine::ManualRunner runner{clock};
  SeededRandom random{1};
  NotingSink sink;
  Kept* kept;
  std::shared_ptr<const Integrations> integrations;
  std::unique_ptr<IntegrationExecutor> executor;
};

TEST_F(IntegrationExecutorTest, a_reserved_attempt_begins_on_the_runner_and_ends_once) {
  EXPECT_TRUE(executor->reserve(request(1)));
  executor->dispatch(request(1));
  EXPECT_TRUE(kept->begun.empty());
  settle();
  ASSERT_EQ(kept->begun.size(), 1u);
  kept->begun[0]->succeed("1");
  kept->begun[0]->succeed("2");
  kept->begun[0]->fail("E", std::nullopt);
  EXPECT_EQ(sink.said, Said{"1 succeeded 1"});
}

TEST_F(IntegrationExecutorTest, one_that_is_not_reserved_waits_for_go) {
  TaskRequest cold = request(2);
  cold.request_id.clear();
  executor->dispatch(cold);
  settle();
  EXPECT_TRUE(kept->begun.empty());
  executor->go(cold.attempt);
  executor->go(cold.attempt);
  settle();
  EXPECT_EQ(kept->begun.size(), 1u);
  EXPECT_EQ(sink.said, Said{"2 ready"});
}

TEST_F(IntegrationExecutorTest, a_cancelled_attempt_is_told_so_and_not_heard) {
  executor->dispatch(request(3));
  settle();
  bool stopped = false;
  kept->begun[0]->on_cancel([&] { stopped = true; });
  executor->cancel({{}, 99});
  executor->cancel({{}, 3});
  settle();
  kept->begun[0]->succeed("late");
  EXPECT_TRUE(stopped);
  EXPECT_FALSE(kept->begun[0]->wanted());
  executor->dispatch(request(4));
  executor->cancel({{}, 4});
  settle();
  EXPECT_EQ(sink.said, Said{});
}

TEST_F(IntegrationExecutorTest, a_job_is_submitted_and_then_ends) {
  executor->dispatch(request(5, asl::TaskPattern::sync));
  settle();
  kept->begun[0]->succeed("begun");
  EXPECT_TRUE(kept->begun[0]->wanted());
  kept->begun[0]->complete("ended");
  kept->begun[0]->complete("again");
  EXPECT_EQ(sink.said, (Said{"5 succeeded begun", "5 completed ended"}));
}

TEST_F(IntegrationExecutorTest, after_a_crash_an_attempt_is_lost_or_run_again_and_a_job_followed) {
  executor->recover(request(6));
  TaskRequest job = request(7, asl::TaskPattern::sync);
  executor->recover(job);
  job.attempt.scheduled = 8;
  job.submitted = asl::Payload("{}");
  executor->recover(job);
  settle();
  EXPECT_EQ(sink.said, (Said{"6 failed Lost", "7 failed Lost"}));
  EXPECT_TRUE(kept->begun.empty());
  EXPECT_EQ(kept->followed.size(), 1u);
  make(true);
  executor->recover(request(9));
  settle();
  EXPECT_EQ(kept->begun.size(), 1u);
}

TEST_F(IntegrationExecutorTest, what_nobody_serves_fails) {
  TaskRequest other = request(10);
  other.resource.service = "other";
  executor->dispatch(other);
  settle();
  EXPECT_EQ(sink.said, Said{"10 failed Perdure.UnsupportedResourceException"});
}

}  // namespace
}  // namespace perdure::executors

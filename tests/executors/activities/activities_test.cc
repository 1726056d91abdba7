// Tasks and polls meet once each, in their order; a worker learns of its task when the engine says
// so.
#include "executors/activities/activities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/support/world.h"

namespace perdure::executors {
namespace {

using engine::AttemptId;

struct ImmediateWriter final : engine::DocumentWriter {
  void write(engine::DocumentWrite, std::function<void(Result<int64_t>)> done) override {
    done(++revision);
  }
  int64_t revision = 0;
};

// Notes which attempts are said to be ready, for whom.
struct NotingSink final : engine::AnswerSink {
  void answer(const AttemptId& attempt, engine::TaskAnswer answer) override {
    ready.push_back(std::to_string(attempt.scheduled) + " " +
                    std::get<engine::answer::Ready>(answer).worker_name);
  }
  std::vector<std::string> ready;
};

class ActivitiesTest : public ::testing::Test {
 protected:
  ActivitiesTest() {
    activities.answer_to(sink);
    activities.create({{}, arn, "a", 0, Json::object()},
                      [](auto created) { ASSERT_TRUE(created); });
  }

  void poll(const std::string& worker) {
    activities.next_task(arn, worker, [this, worker](Result<ActivityTask> task) {
      got.push_back(worker + ":" + (task ? task->token : task.error().name));
    });
  }
  void dispatch(int64_t scheduled) {
    engine::TaskRequest request;
    request.attempt.scheduled = scheduled;
    request.resource.family = asl::TaskResource::Family::activity;
    request.resource.arn = arn;
    request.task_token = "t" + std::to_string(scheduled);
    activities.dispatch(std::move(request));
  }
  static AttemptId attempt(int64_t scheduled) { return {{}, scheduled}; }

  const std::string arn = "arn:aws:states:us-east-1:000000000000:activity:a";
  engine::ManualClock clock;
  engine::ManualRunner timers{clock};
  ImmediateWriter writer;
  NotingSink sink;
  Activities activities{clock, timers, writer};
  std::vector<std::string> got;
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(ActivitiesTest, AWorkerGetsTheOldestTaskOnceItsStartIsDurable) {
  dispatch(3);
  dispatch(7);
  poll("w1");
  EXPECT_THAT(sink.ready, ElementsAre("3 w1"));
  EXPECT_THAT(got, IsEmpty());
  activities.go(attempt(3));
  EXPECT_THAT(got, ElementsAre("w1:t3"));
  activities.go(attempt(3));
  poll("w2");
  activities.go(attempt(7));
  EXPECT_THAT(got, ElementsAre("w1:t3", "w2:t7"));
}

TEST_F(ActivitiesTest, APollEndsWithoutATaskAfterAMinute) {
  poll("w1");
  ASSERT_TRUE(timers.skip(INT64_MAX));
  while (timers.step()) {
  }
  EXPECT_THAT(got, ElementsAre("w1:"));
  dispatch(3);
  EXPECT_THAT(sink.ready, IsEmpty());
}

TEST_F(ActivitiesTest, ACancelledTaskIsNotHandedOutAndItsWorkerWaitsOn) {
  dispatch(3);
  activities.cancel(attempt(3));
  poll("w1");
  EXPECT_THAT(sink.ready, IsEmpty());
  dispatch(7);
  EXPECT_THAT(sink.ready, ElementsAre("7 w1"));
  activities.cancel(attempt(7));
  dispatch(9);
  activities.go(attempt(9));
  EXPECT_THAT(got, ElementsAre("w1:t9"));
}

TEST_F(ActivitiesTest, AnUnknownActivityIsRefused) {
  asl::TaskResource resource;
  resource.arn = arn;
  EXPECT_EQ(activities.refusal(resource), std::nullopt);
  activities.remove(arn, [](auto removed) { ASSERT_TRUE(removed); });
  EXPECT_EQ(activities.refusal(resource), "The activity " + arn + " does not exist.");
  poll("w1");
  EXPECT_THAT(got, ElementsAre("w1:ActivityDoesNotExist"));
}

}  // namespace
}  // namespace perdure::executors

#include <signal.h>

#include <condition_variable>

#include "executors/functions/metering.h"
#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

using engine::AttemptId;
using engine::TaskAnswer;
using engine::TaskRequest;
namespace answer = engine::answer;

// Collects answers; a test waits for the next one.
class Sink final : public engine::AnswerSink {
 public:
  void answer(const AttemptId& attempt, TaskAnswer given) override {
    std::lock_guard lock(mutex_);
    answers_.emplace_back(attempt.scheduled, std::move(given));
    came_.notify_all();
  }
  // The next answer of the attempt, or nothing within the time.
  std::optional<TaskAnswer> next(int64_t attempt, int64_t wait_ms = 10'000) {
    std::unique_lock lock(mutex_);
    std::optional<TaskAnswer> found;
    came_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] {
      for (auto it = answers_.begin(); it != answers_.end(); ++it) {
        if (it->first != attempt) continue;
        found = std::move(it->second);
        answers_.erase(it);
        return true;
      }
      return false;
    });
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::pair<int64_t, TaskAnswer>> answers_;
};

class LambdaExecutorTest : public RuntimeTest {
 protected:
  void start(FunctionOptions options = {}) {
    executor_.reset();
    RuntimeTest::start(options);
    executor_ = runtime().executor(sink_);
  }
  ~LambdaExecutorTest() override {
    drop();  // no callback after the sink
  }

  TaskRequest by_arn(const std::string& function, const std::string& input) {
    asl::TaskResource resource{.family = asl::TaskResource::Family::lambda_function,
                               .arn = "arn:aws:lambda:us-east-1:111111111111:function:" + function};
    return request(resource, input);
  }
  TaskRequest invoke_with(const std::string& parameters) {
    asl::TaskResource resource{.family = asl::TaskResource::Family::integration,
                               .arn = "arn:aws:states:::lambda:invoke",
                               .service = "lambda",
                               .action = "invoke"};
    return request(resource, parameters);
  }
  TaskRequest request(const asl::TaskResource& resource, const std::string& parameters) {
    TaskRequest made;
    made.attempt.scheduled = ++attempts_;
    made.tenant = tenant_;
    made.resource = resource;
    made.parameters = asl::Payload(parameters);
    return made;
  }
  // As the engine does it: reserve, else wait for Ready and go.
  TaskAnswer run(TaskRequest task) {
    AttemptId id = task.attempt;
    if (auto reserved = executor_->reserve(task)) {
      task.request_id = *reserved;
      executor_->dispatch(task);
    } else {
      executor_->dispatch(task);
      auto ready = sink_.next(id.scheduled);
      if (!ready || !std::holds_alternative<answer::Ready>(*ready)) {
        ADD_FAILURE() << "not ready";
        return answer::Failed{"not ready", {}};
      }
      executor_->go(id);
    }
    auto end = sink_.next(id.scheduled);
    return end ? *end : TaskAnswer(answer::Failed{"no answer", {}});
  }
  static std::string output(const TaskAnswer& end) {
    if (auto* failed = std::get_if<answer::Failed>(&end)) {
      return "failed: " + failed->error.value_or("-") + " " + failed->cause.value_or("-");
    }
    return std::string(std::get<answer::Succeeded>(end).output.text());
  }

  Sink sink_;
  std::shared_ptr<engine::Executor> executor_;
  int64_t attempts_ = 0;
};

TEST_F(LambdaExecutorTest, WhatTheCallsOfAnExecutionCostIsKept) {
  start();
  python("f", "def handler(event, context):\n    if event: raise ValueError('no')\n");
  TaskRequest first = by_arn("f", "0");
  first.state_name = "Say \"yes\"";
  TaskRequest second = by_arn("f", "1");
  TaskRequest other = by_arn("f", "0");
  other.attempt.execution.bytes[0] = 1;
  for (const TaskRequest& each : {first, second, other}) run(each);
  Result<Json> metered = Json();  // what a call used is known shortly after its answer
  for (int i = 0; i < 500 && (metered->is_null() || (*metered)["invocations"] != 2); ++i) {
    usleep(10'000);
    metered = read_metering(*logs_, tenant_, first.attempt.execution);
    ASSERT_TRUE(metered);
  }
  EXPECT_EQ((*metered)["invocations"], 2);
  const Json& calls = (*metered)["calls"];
  EXPECT_EQ(calls[0]["state"], "Say \"yes\"");
  EXPECT_EQ(calls[0]["event"], first.attempt.scheduled);
  EXPECT_EQ(calls[0]["function"], "arn:aws:lambda:us-east-1:111111111111:function:f:$LATEST");
  EXPECT_NE(calls[0]["tier"], "warm");
  EXPECT_GT(calls[0]["initMs"], 0.0);
  EXPECT_EQ(calls[0]["failed"], false);
  EXPECT_EQ(calls[1]["tier"], "warm");
  EXPECT_EQ(calls[1]["failed"], true);
  const auto billed = calls[0]["billedMs"].get<int64_t>() + calls[1]["billedMs"].get<int64_t>();
  EXPECT_EQ((*metered)["billedMs"], billed);
  EXPECT_DOUBLE_EQ((*metered)["gigabyteSeconds"].get<double>(),
                   static_cast<double>(billed) * 128 / 1024 / 1000);
  EXPECT_EQ((*metered)["byTier"]["warm"], 1);
  EXPECT_GT(calls[1]["peakBytes"].get<int64_t>(), 1 << 20);
  EXPECT_EQ((*metered)["peakBytes"],
            std::max(calls[0]["peakBytes"].get<int64_t>(), calls[1]["peakBytes"].get<int64_t>()));
  engine::ActorKey unknown;
  unknown.bytes[0] = 9;
  EXPECT_TRUE(read_metering(*logs_, tenant_, unknown)->is_null());
}

TEST_F(LambdaExecutorTest, AFunctionsAnswerIsTheOutputWithoutSpaces) {
  start();
  python("echo", "def handler(event, context): return [event, 0.0, {'a': 1}]\n");
  EXPECT_EQ(output(run(by_arn("echo", R"({"x":"y"})"))), R"([{"x":"y"},0.0,{"a":1}])");
  EXPECT_EQ(output(run(by_arn("echo", "null"))), R"([null,0.0,{"a":1}])");
}

TEST_F(LambdaExecutorTest, AnErrorHasItsTypeAsNameAndItsTextAsCause) {
  start();
  python("boom", "def handler(event, context): raise Exception('no')\n");
  auto cause_of = [](const TaskAnswer& end) { return *std::get<answer::Failed>(end).cause; };
  TaskAnswer by_its_arn = run(by_arn("boom", "{}"));
  EXPECT_EQ(std::get<answer::Failed>(by_its_arn).error, "Exception");
  EXPECT_THAT(cause_of(by_its_arn),
              testing::StartsWith(R"({"errorMessage": "no", "errorType": "Exception", )"));
  TaskAnswer invoked = run(invoke_with(R"({"FunctionName":"boom","Payload":null})"));
  EXPECT_EQ(std::get<answer::Failed>(invoked).error, "Exception");
  EXPECT_THAT(cause_of(invoked),
              testing::StartsWith(R"({"errorMessage":"no","errorType":"Exception","requestId":")"));
}

TEST_F(LambdaExecutorTest, InvokeAnswersAsTheServiceDoes) {
  start();
  python("echo", "def handler(event, context): return event\n");
  auto json = *parse_json(
      output(run(invoke_with(R"({"FunctionName":"echo","Payload":{"a":1},"LogType":"Tail"})"))));
  EXPECT_EQ(dump_json(json["Payload"]), R"({"a":1})");
  EXPECT_EQ(json["ExecutedVersion"], "$LATEST");
  EXPECT_EQ(json["StatusCode"], 200);
  EXPECT_EQ(json["SdkHttpMetadata"]["HttpStatusCode"], 200);
  EXPECT_EQ(json["SdkHttpMetadata"]["AllHttpHeaders"]["Content-Length"][0], "8");
  EXPECT_EQ(json["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Log-Result"], json["LogResult"]);
  EXPECT_EQ(json["SdkResponseMetadata"]["RequestId"],
            json["SdkHttpMetadata"]["HttpHeaders"]["x-amzn-RequestId"]);
  auto payload = [&](const std::string& given) {
    auto answered =
        *parse_json(output(run(invoke_with(R"({"FunctionName":"echo","Payload":)" + given + "}"))));
    return dump_json(answered["Payload"]);
  };
  EXPECT_EQ(payload("null"), "{}");  // as recorded
  EXPECT_EQ(payload(R"("[]")"), "[]");
  EXPECT_EQ(payload(R"("just text")"), R"("just text")");
}

TEST_F(LambdaExecutorTest, WhatTheServiceRefusesIsNamedAfterIt) {
  start();
  TaskAnswer end = run(invoke_with(R"({"FunctionName":"none"})"));
  const auto& failed = std::get<answer::Failed>(end);
  EXPECT_EQ(failed.error, "Lambda.ResourceNotFoundException");
  EXPECT_THAT(*failed.cause,
              testing::StartsWith("Function not found: arn:aws:lambda:us-east-1:111111111111:"
                                  "function:none:$LATEST (Service: AWSLambda; Status Code: 404; "
                                  "Error Code: ResourceNotFoundException; Request ID: "));
  EXPECT_THAT(output(run(by_arn("none", "{}"))),
              testing::StartsWith("failed: Lambda.ResourceNotFoundException"));
}

TEST_F(LambdaExecutorTest, TimeoutsAndExitsKeepTheirTypes) {
  start();
  python("bad",
         "import os\ndef handler(event, context):\n"
         "    if event: os._exit(2)\n    while True: pass\n",
         1);
  EXPECT_THAT(output(run(by_arn("bad", "true"))),
              testing::StartsWith("failed: Runtime.ExitError {"));
  EXPECT_THAT(output(run(by_arn("bad", "false"))),
              testing::StartsWith("failed: Sandbox.Timedout {\"errorType\":\"Sandbox.Timedout\""));
}

TEST_F(LambdaExecutorTest, TasksWaitForASlotInTurn) {
  start({.concurrency = 1});
  python("sleep", "import time\ndef handler(e, c):\n    time.sleep(e)\n    return e\n");
  std::vector<TaskRequest> tasks;
  for (int i = 0; i < 4; ++i) tasks.push_back(by_arn("sleep", "0.1"));
  for (const auto& task : tasks) executor_->dispatch(task);
  for (const auto& task : tasks) {
    ASSERT_TRUE(std::holds_alternative<answer::Ready>(*sink_.next(task.attempt.scheduled)));
    executor_->go(task.attempt);
    EXPECT_EQ(output(*sink_.next(task.attempt.scheduled)), "0.1");
  }
  EXPECT_EQ(runtime().statistics().cold_starts, 1u);
}

// The next state of an execution comes with the answer of the last one. A spawner that is stopped
// keeps the worker from being free meanwhile.
TEST_F(LambdaExecutorTest, AWorkerThatHasJustAnsweredIsPromisedToTheNextTask) {
  start();
  python("f", "def handler(e, c):\n    return e\n");
  const int spawner = runtime().statistics().spawner_pid;
  int promised = 0;
  for (int i = 0; i < 20 && promised == 0; ++i) {  // it is counted on for 50 ms only
    TaskRequest first = by_arn("f", "1"), next = by_arn("f", "2"), third = by_arn("f", "3");
    executor_->dispatch(first);
    ASSERT_TRUE(sink_.next(first.attempt.scheduled));
    kill(spawner, SIGSTOP);
    executor_->go(first.attempt);
    const auto answered = sink_.next(first.attempt.scheduled);
    const auto reserved = executor_->reserve(next);
    const bool another = executor_->reserve(third).has_value();
    kill(spawner, SIGCONT);
    ASSERT_TRUE(answered);
    if (!reserved) continue;
    ++promised;
    EXPECT_FALSE(another) << "there is one worker";
    next.request_id = *reserved;
    executor_->dispatch(next);
    EXPECT_EQ(output(*sink_.next(next.attempt.scheduled)), "2");
  }
  EXPECT_EQ(promised, 1);
  EXPECT_EQ(runtime().statistics().cold_starts, 1u);
}

TEST_F(LambdaExecutorTest, AReservationIsGivenBackAndARunningFunctionRunsOn) {
  start({.concurrency = 1});
  python("slow", "import time\ndef handler(e, c):\n    time.sleep(0.2)\n    print('ran', e)\n");
  ASSERT_EQ(output(run(by_arn("slow", "1"))), "null");
  std::optional<std::string> reserved;
  TaskRequest task = by_arn("slow", "2");
  for (int i = 0; i < 100 && !reserved; ++i, usleep(5'000)) reserved = executor_->reserve(task);
  ASSERT_TRUE(reserved);
  EXPECT_FALSE(executor_->reserve(by_arn("slow", "2"))) << "the only slot is taken";
  executor_->cancel(task.attempt);

  TaskRequest running = by_arn("slow", "3");
  executor_->dispatch(running);
  ASSERT_TRUE(sink_.next(running.attempt.scheduled));
  executor_->go(running.attempt);
  usleep(50'000);
  executor_->cancel(running.attempt);
  EXPECT_FALSE(sink_.next(running.attempt.scheduled, 400)) << "nobody wants its answer";
  EXPECT_TRUE(comes_into_log("slow", "ran 3"));
}

TEST_F(LambdaExecutorTest, AfterACrashTheAnswerOfARunningFunctionCounts) {
  start();
  python("sleep",
         "import time\ndef handler(e, c):\n    time.sleep(e)\n    return c.aws_request_id\n");
  TaskRequest finished = by_arn("sleep", "0.4");
  TaskRequest running = by_arn("sleep", "2");
  for (TaskRequest* task : {&finished, &running}) {
    executor_->dispatch(*task);
    auto ready = sink_.next(task->attempt.scheduled);
    task->request_id = std::get<answer::Ready>(*ready).request_id;
    executor_->go(task->attempt);
  }
  usleep(100'000);
  executor_.reset();
  drop();
  usleep(700'000);  // the first function ends while no engine is there
  start();
  executor_->recover(running);
  executor_->recover(finished);
  TaskRequest unknown = by_arn("sleep", "0");
  unknown.request_id = "11111111-1111-4111-8111-111111111111";
  executor_->recover(unknown);
  EXPECT_EQ(output(*sink_.next(finished.attempt.scheduled)), '"' + finished.request_id + '"');
  EXPECT_EQ(output(*sink_.next(running.attempt.scheduled)), '"' + running.request_id + '"');
  EXPECT_THAT(output(*sink_.next(unknown.attempt.scheduled)),
              testing::StartsWith("failed: Lambda.ServiceException"));
  EXPECT_FALSE(sink_.next(running.attempt.scheduled, 100)) << "one result";
  EXPECT_EQ(runtime().statistics().cold_starts, 0u);
}

}  // namespace
}  // namespace perdure::executors

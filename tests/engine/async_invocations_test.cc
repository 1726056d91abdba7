#include "engine/async_invocations.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

using Answer = Result<InvocationAttempt>;
const Answer ran = InvocationAttempt{false, R"({"n":1.0})", "$LATEST"};
const Answer broke = InvocationAttempt{true, R"({"errorType":"E"})", "$LATEST"};
const Answer busy = Error{ErrorKind::throttled, "TooManyRequestsException", ""};
const Answer gone = Error{ErrorKind::not_found, "ResourceNotFoundException", ""};
constexpr char told_function[] = "arn:aws:lambda:us-east-1:000000000000:function:told";
constexpr char function_arn[] = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST";

// Keeps what it is asked, and answers from a list; the last answer is repeated.
class ScriptedInvoker final : public FunctionInvoker {
 public:
  explicit ScriptedInvoker(std::vector<Answer> answers_) : answers(std::move(answers_)) {}
  void invoke(AsyncInvocation invocation, std::function<void(Answer)> done) override {
    const bool told = invocation.function == told_function;
    std::vector<AsyncInvocation>& kept = told ? records : calls;
    const size_t index = std::min(kept.size(), answers.size() - 1);
    kept.push_back(std::move(invocation));
    if (!silent) done(told ? ran : answers[index]);
  }
  InvocationPolicy policy(const AsyncInvocation& invocation) const override {
    return invocation.function == told_function ? InvocationPolicy{} : settings;
  }
  std::vector<Answer> answers;
  InvocationPolicy settings;
  std::vector<AsyncInvocation> calls, records;  // of the function, of its destination
  bool silent = false;
};

std::optional<Result<std::string>> invoke(World& world) {
  AsyncInvocation invocation;
  invocation.function = "f";
  invocation.payload = "[1]";
  auto result = std::make_shared<std::optional<Result<std::string>>>();
  world.assembly->invocations().invoke_async(invocation, [result](auto r) { *result = r; });
  world.settle();
  return *result;
}

TEST(AsyncInvocations, AFailedFunctionIsTriedAfterOneAndAfterTwoMinutes) {
  World world;
  ScriptedInvoker invoker({broke});
  world.assembly->invocations().set_invoker(invoker);
  ASSERT_TRUE(*invoke(world));
  EXPECT_EQ(invoker.calls.size(), 1u);
  world.pass(59'999);
  EXPECT_EQ(invoker.calls.size(), 1u);
  world.pass(1);
  EXPECT_EQ(invoker.calls.size(), 2u);
  world.pass(120'000);
  EXPECT_EQ(invoker.calls.size(), 3u);
  EXPECT_EQ(invoker.calls[0].request_id, invoker.calls[2].request_id);
  EXPECT_EQ(invoker.calls[2].attempt, 2);
  EXPECT_FALSE(*world.store->earliest_due());
}

TEST(AsyncInvocations, SurviveACrashOnceAcknowledged) {
  World world;
  ScriptedInvoker lost({ran});
  lost.silent = true;
  world.assembly->invocations().set_invoker(lost);
  const auto id = invoke(world);
  ASSERT_TRUE(id && *id);
  world.crash();
  ScriptedInvoker invoker({ran});
  world.assembly->invocations().set_invoker(invoker);
  world.pass(0);
  ASSERT_EQ(invoker.calls.size(), 1u);
  EXPECT_EQ(invoker.calls[0].request_id, **id);
  EXPECT_EQ(invoker.calls[0].payload, "[1]");
  world.pass(600'000);
  EXPECT_EQ(invoker.calls.size(), 1u);
  EXPECT_FALSE(*world.store->earliest_due());
}

TEST(AsyncInvocations, ThrottlingDoesNotCountAndAMissingFunctionEndsIt) {
  World world;
  ScriptedInvoker invoker({busy, busy, busy, gone});
  world.assembly->invocations().set_invoker(invoker);
  invoke(world);
  world.pass(3'600'000);
  EXPECT_EQ(invoker.calls.size(), 4u);
  EXPECT_EQ(invoker.calls.back().attempt, 0);
  EXPECT_FALSE(*world.store->earliest_due());
}

TEST(AsyncInvocations, AreNotAcknowledgedBeforeTheyAreDurable) {
  World world;
  ScriptedInvoker invoker({ran});
  world.assembly->invocations().set_invoker(invoker);
  world.faulty->disk_full = true;
  EXPECT_FALSE(invoke(world));
  EXPECT_TRUE(invoker.calls.empty());
  EXPECT_EQ(invoke(world)->error().kind, ErrorKind::unavailable);
}

// A destination for both ends.
InvocationPolicy told_of_ends() {
  InvocationPolicy policy;
  policy.function_arn = function_arn;
  policy.on_success = policy.on_failure = told_function;
  return policy;
}

Json record_of(const ScriptedInvoker& invoker) {
  EXPECT_EQ(invoker.records.size(), 1u);
  return invoker.records.empty() ? Json() : *parse_json(invoker.records[0].payload);
}

TEST(AsyncInvocations, RetriesAndAgeAreAsTheFunctionSetsThem) {
  World world;
  ScriptedInvoker invoker({broke});
  invoker.settings.max_retries = 0;
  world.assembly->invocations().set_invoker(invoker);
  invoke(world);
  world.pass(600'000);
  EXPECT_EQ(invoker.calls.size(), 1u);
  invoker.settings.max_retries = 2;
  invoker.settings.max_age_ms = 180'000;  // as old it would be at the second retry
  invoke(world);
  world.pass(600'000);
  EXPECT_EQ(invoker.calls.size(), 3u);
  EXPECT_FALSE(*world.store->earliest_due());
}

TEST(AsyncInvocations, SuccessIsTold) {
  World world;
  ScriptedInvoker invoker({ran});
  invoker.settings = told_of_ends();
  world.assembly->invocations().set_invoker(invoker);
  const auto id = invoke(world);
  const Json record = record_of(invoker);
  EXPECT_EQ(record["version"], "1.0");
  EXPECT_EQ(record["timestamp"], "2025-11-21T05:27:49.123Z");
  EXPECT_EQ(record["requestContext"], (Json{{"requestId", **id},
                                            {"functionArn", function_arn},
                                            {"condition", "Success"},
                                            {"approximateInvokeCount", 1}}));
  EXPECT_EQ(record["requestPayload"], Json::array({1}));
  EXPECT_EQ(record["responseContext"], (Json{{"statusCode", 200}, {"executedVersion", "$LATEST"}}));
  EXPECT_NE(invoker.records[0].payload.find(R"("responsePayload":{"n":1.0})"), std::string::npos);
  EXPECT_NE(invoker.records[0].request_id, **id);
  EXPECT_FALSE(*world.store->earliest_due());
}

TEST(AsyncInvocations, ARecordIsToldOnceWhateverCommitTheProcessEndsAt) {
  for (int64_t crash_at = 1; crash_at < 12; ++crash_at) {
    for (const bool before : {true, false}) {
      World world;
      ScriptedInvoker invoker({broke});
      invoker.settings = told_of_ends();
      invoker.settings.max_retries = 0;
      world.assembly->invocations().set_invoker(invoker);
      world.faulty->crash_at = crash_at;
      world.faulty->before = before;
      const auto id = invoke(world);
      world.crash();
      world.assembly->invocations().set_invoker(invoker);
      world.pass(60'000);
      if (!id) continue;  // nobody was told that it was taken
      // The destination is a function: around a crash it may run again, with the same record.
      ASSERT_FALSE(invoker.records.empty()) << crash_at << before;
      for (const AsyncInvocation& record : invoker.records) {
        EXPECT_EQ(record.request_id, invoker.records[0].request_id);
        EXPECT_EQ(record.payload, invoker.records[0].payload);
      }
      invoker.records.resize(1);
      EXPECT_EQ(record_of(invoker)["requestContext"]["condition"], "RetriesExhausted");
      EXPECT_EQ(record_of(invoker)["responseContext"]["functionError"], "Unhandled");
      EXPECT_FALSE(*world.store->earliest_due());
    }
  }
}

TEST(AsyncInvocations, ThrottledUntilItIsTooOldItIsToldWithoutAResponse) {
  World world;
  ScriptedInvoker invoker({busy});
  invoker.settings = told_of_ends();
  world.assembly->invocations().set_invoker(invoker);
  invoke(world);
  const int64_t begin = world.clock.now;
  world.pass(6 * 3'600'000 - 1);
  EXPECT_TRUE(invoker.records.empty());
  world.pass(1);
  const Json record = record_of(invoker);
  EXPECT_EQ(record["requestContext"]["condition"], "EventAgeExceeded");
  EXPECT_EQ(record["requestContext"]["approximateInvokeCount"], 0);
  EXPECT_FALSE(record.contains("responseContext"));
  EXPECT_EQ(world.clock.now, begin + 6 * 3'600'000);
  // 1, 2, 4, ... seconds up to five minutes.
  EXPECT_GT(invoker.calls.size(), 70u);
  EXPECT_LT(invoker.calls.size(), 90u);
}

TEST(AsyncInvocations, AStoppedFunctionIsNotTried) {
  World world;
  ScriptedInvoker invoker({ran});
  invoker.settings = told_of_ends();
  invoker.settings.stopped = true;
  world.assembly->invocations().set_invoker(invoker);
  invoke(world);
  EXPECT_TRUE(invoker.calls.empty());
  EXPECT_EQ(record_of(invoker)["requestContext"]["condition"], "ZeroReservedConcurrency");
}

TEST(AsyncInvocations, ABucketGetsTheRecordAsAnObject) {
  World world;
  ScriptedInvoker invoker({broke});
  invoker.settings = told_of_ends();
  invoker.settings.max_retries = 0;
  invoker.settings.on_failure = "arn:aws:s3:::records";
  Objects& objects = world.assembly->objects();
  objects.create_bucket({}, "records", [](const Result<Bucket>&) {});
  world.settle();
  world.assembly->invocations().set_invoker(invoker);
  invoke(world);
  ListOrder order;
  order.bucket = "records";
  const auto list = objects.list({}, order);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->entries.size(), 1u);
  const std::string& key = list->entries[0].key;
  EXPECT_TRUE(key.starts_with("aws/lambda/async/f/2025/11/21/2025-11-21T05.27.49-")) << key;
  const auto content = objects.open({}, "records", key);
  const Json record = *parse_json(*(*content)->read(0, 1 << 20));
  EXPECT_EQ(record["responsePayload"]["errorType"], "E");
  EXPECT_FALSE(*world.store->earliest_due());
}

TEST(AsyncInvocations, ADestinationThatIsNotThereEndsIt) {
  for (const char* arn : {"arn:aws:sqs:us-east-1:000000000000:q", "arn:aws:s3:::missing"}) {
    World world;
    ScriptedInvoker invoker({ran});
    invoker.settings = told_of_ends();
    invoker.settings.on_success = arn;
    world.assembly->invocations().set_invoker(invoker);
    invoke(world);
    world.pass(60'000);
    EXPECT_EQ(invoker.calls.size(), 1u);
    EXPECT_FALSE(*world.store->earliest_due());
  }
}

}  // namespace
}  // namespace perdure::engine

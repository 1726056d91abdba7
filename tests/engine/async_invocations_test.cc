#include "engine/async_invocations.h"

#include <gtest/gtest.h>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

// Keeps what it is asked, and answers from a list; the last answer is repeated.
class ScriptedInvoker final : public FunctionInvoker {
 public:
  explicit ScriptedInvoker(std::vector<Result<bool>> answers_) : answers(std::move(answers_)) {}
  void invoke(AsyncInvocation invocation, std::function<void(Result<bool>)> done) override {
    const size_t index = std::min(calls.size(), answers.size() - 1);
    calls.push_back(std::move(invocation));
    if (!silent) done(std::as_const(answers)[index]);
  }
  std::vector<Result<bool>> answers;
  std::vector<AsyncInvocation> calls;
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
  ScriptedInvoker invoker({false});
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
  ScriptedInvoker lost({true});
  lost.silent = true;
  world.assembly->invocations().set_invoker(lost);
  const auto id = invoke(world);
  ASSERT_TRUE(id && *id);
  world.crash();
  ScriptedInvoker invoker({true});
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
  ScriptedInvoker invoker({Error{ErrorKind::throttled, "TooManyRequestsException", ""},
                           Error{ErrorKind::throttled, "TooManyRequestsException", ""},
                           Error{ErrorKind::throttled, "TooManyRequestsException", ""},
                           Error{ErrorKind::not_found, "ResourceNotFoundException", ""}});
  world.assembly->invocations().set_invoker(invoker);
  invoke(world);
  world.pass(3'600'000);
  EXPECT_EQ(invoker.calls.size(), 4u);
  EXPECT_EQ(invoker.calls.back().attempt, 0);
  EXPECT_FALSE(*world.store->earliest_due());
}

TEST(AsyncInvocations, AreNotAcknowledgedBeforeTheyAreDurable) {
  World world;
  ScriptedInvoker invoker({true});
  world.assembly->invocations().set_invoker(invoker);
  world.faulty->disk_full = true;
  EXPECT_FALSE(invoke(world));
  EXPECT_TRUE(invoker.calls.empty());
  EXPECT_EQ(invoke(world)->error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace perdure::engine

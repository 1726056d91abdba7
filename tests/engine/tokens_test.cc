#include "engine/tokens.h"

#include <gtest/gtest.h>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

TEST(Tokens, SayWhichAttemptTheyBelongTo) {
  const TaskToken token{actor_key("arn:some"), 12'345, 2};
  EXPECT_EQ(verify_token(mint_token(token, "secret"), "secret"), token);
  EXPECT_EQ(mint_token(token, "secret"), mint_token(token, "secret"));
}

TEST(Tokens, AnyChangeIsNoticed) {
  const std::string text = mint_token({actor_key("arn:some"), 7, 0}, "secret");
  EXPECT_FALSE(verify_token(text, "other"));
  EXPECT_FALSE(verify_token("", "secret"));
  EXPECT_FALSE(verify_token(text.substr(1), "secret"));
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'Q' : 'A';  // differs in a bit that counts at any place
    EXPECT_FALSE(verify_token(changed, "secret")) << i;
  }
}

constexpr char asks[] = R"({"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
  "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
  "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}}}}})";

// What the caller of SendTaskSuccess, Failure or Heartbeat is told: the error's name, or "taken".
class Callbacks : public ::testing::Test {
 protected:
  Callbacks() {
    machine_ = world_.machine("m", asks);
    (void)world_.start(machine_, "e");
    const Json parameters = *parse_json(world_.executor->ran.at(0).parameters.text());
    token_ = parameters["Payload"]["token"].get<std::string>();
  }
  std::string told(const std::function<void(Callback<bool>)>& call) {
    std::string text = "nothing";
    call([&text](Result<bool> done) { text = done ? "taken" : done.error().name; });
    world_.settle();
    return text;
  }
  std::string succeed(const Tenant& caller) {
    return told([&](auto done) { world_.engine().task_succeeded(caller, token_, "1", done); });
  }
  std::string fail(const Tenant& caller) {
    return told([&](auto done) { world_.engine().task_failed(caller, token_, "E", "", done); });
  }
  std::string beat(const Tenant& caller) {
    return told([&](auto done) { world_.engine().task_heartbeat(caller, token_, done); });
  }

  World world_{[](const TaskRequest&) -> std::optional<TaskAnswer> {
    return answer::Succeeded{asl::Payload("{}")};
  }};
  std::string machine_, token_;
};

TEST_F(Callbacks, ATokenIsGoodInItsOwnAccountAndRegionOnly) {
  const Tenant other_account{"222222222222", Tenant{}.region};
  const Tenant other_region{Tenant{}.account, "eu-west-1"};
  for (const Tenant& other : {other_account, other_region}) {
    EXPECT_EQ(succeed(other), "InvalidToken");
    EXPECT_EQ(fail(other), "InvalidToken");
    EXPECT_EQ(beat(other), "InvalidToken");
  }
  EXPECT_EQ(world_.status(machine_, "e"), "RUNNING");
  EXPECT_EQ(beat({}), "taken");
  EXPECT_EQ(succeed({}), "taken");
  EXPECT_EQ(world_.status(machine_, "e"), "SUCCEEDED");
}

TEST_F(Callbacks, StrangersDoNotLearnThatATaskHasEnded) {
  world_.crash();
  EXPECT_EQ(succeed({"222222222222", "us-east-1"}), "InvalidToken");
  EXPECT_EQ(succeed({}), "taken");
  EXPECT_EQ(succeed({}), "TaskTimedOut");
  EXPECT_EQ(succeed({"222222222222", "us-east-1"}), "InvalidToken");
}

}  // namespace
}  // namespace perdure::engine

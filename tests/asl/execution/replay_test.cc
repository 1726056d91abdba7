// Random machines, random answers, random moments: what apply makes of the entries alone equals the
// live execution after every burst, and every execution ends.

#include "tests/asl/execution/world.h"

namespace perdure::asl::testing {
namespace {

class RandomMachine {
 public:
  explicit RandomMachine(uint64_t seed) : random_(seed) {}

  std::string text() { return graph(3, R"(, "TimeoutSeconds": 100000)"); }

 private:
  uint64_t pick(uint64_t n) { return random_.next() % n; }

  std::string graph(int depth, const std::string& more = "") {
    const int states = 1 + static_cast<int>(pick(4));
    std::vector<std::string> names;
    for (int i = 0; i <= states; ++i) names.push_back("S" + std::to_string(++counter_));
    std::string body;
    for (int i = 0; i < states; ++i) {
      body += "\"" + names[i] + "\": {" + state(depth, names[i + 1], names.back()) + "}, ";
    }
    body += "\"" + names.back() + "\": {\"Type\": \"Succeed\"}";
    return "{\"StartAt\": \"" + names[0] + "\"" + more + ", \"States\": {" + body + "}}";
  }

  std::string retry_and_catch(const std::string& last) {
    std::string text;
    if (pick(2) == 0) {
      text += R"(, "Retry": [{"ErrorEquals": ["E1"], "IntervalSeconds": 1, "MaxAttempts": 2},
                {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1, "JitterStrategy": "FULL"}])";
    }
    if (pick(2) == 0) {
      text += R"(, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": ")" +
              last + "\"}]";
    }
    return text;
  }

  std::string state(int depth, const std::string& next, const std::string& last) {
    const std::string on = ", \"Next\": \"" + next + "\"";
    switch (pick(depth > 0 ? 8 : 6)) {
      case 0:
        return R"x("Type": "Pass", "Parameters": {"list": [1, 2, 3], "u.$": "States.UUID()"},
                   "Assign": {"v.$": "$.u", "w": {"a": [1, "}"]}})x" +
               on;
      case 1:
        return R"("Type": "Wait", "Seconds": 7)" + on;
      case 2:
        return R"("Type": "Choice", "Choices": [{"Variable": "$.list[0]", "IsPresent": true,)"
               R"("Next": ")" +
               next + R"("}], "Default": ")" + last + "\"";
      case 3:
        return R"("Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                  "Parameters": {"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}},
                  "HeartbeatSeconds": 20, "ResultPath": null)" +
               retry_and_catch(last) + on;
      case 4:
      case 5:
        return R"("Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f",
                  "ResultPath": "$.result", "TimeoutSeconds": 30)" +
               retry_and_catch(last) + on;
      case 6:
        return R"("Type": "Parallel", "ResultPath": "$.branches", "Branches": [)" +
               graph(depth - 1) + ", " + graph(depth - 1) + "]" + retry_and_catch(last) + on;
      default:
        return R"("Type": "Map", "ItemsPath": "$$.Execution.Input.list", "MaxConcurrency": )" +
               std::to_string(pick(3)) + R"(, "ResultPath": "$.mapped", "ItemProcessor": )" +
               graph(depth - 1) + retry_and_catch(last) + on;
    }
  }

  SeededRandom random_;
  int counter_ = 0;
};

// One random thing that may happen next; false if nothing can.
bool happen(World& world, SeededRandom& chance) {
  std::vector<EventId> attempts;
  for (const auto& [id, frame] : world.execution.frames()) {
    if (frame.phase == Phase::task) attempts.push_back(frame.attempt.scheduled);
  }
  const uint64_t dice = chance.next() % 10;
  if (attempts.empty() || dice == 0) {
    if (!world.execution.next_due_ms()) return false;
    world.now_ms = std::max(world.now_ms, *world.execution.next_due_ms());
    world.give(input::Due{});
    return true;
  }
  const EventId attempt = attempts[chance.next() % attempts.size()];
  if (dice < 3) {
    world.give(input::AttemptFailed{attempt, "E" + std::to_string(dice), "cause"});
  } else if (dice == 3) {
    world.give(input::AttemptStarted{attempt, "request", ""});
  } else if (dice < 6) {
    world.give(input::AttemptCompleted{attempt, Payload(R"({"list":[]})")});
  } else {
    world.give(input::AttemptAnswered{attempt, Payload(R"({"list":[{"n":1}]})"), ""});
  }
  return true;
}

TEST(Replay, the_fold_of_the_entries_is_the_live_execution) {
  int ended = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::string definition = RandomMachine(seed).text();
    const auto machine = World::parsed(definition);
    ASSERT_NE(machine, nullptr) << definition;
    World world(machine, seed);
    world.starts_at_once = seed % 2 == 0;
    world.limits.burst_entries = seed % 3 == 0 ? 5 : 1'000;
    SeededRandom chance(seed * 7919);
    Execution replayed(machine);
    size_t replayed_entries = 0;
    const auto compare = [&] {
      while (replayed_entries < world.entries.size()) {
        replayed.apply(world.entries[replayed_entries++]);
      }
      ASSERT_EQ(replayed.describe(), world.execution.describe());
    };
    world.start(R"({"list": [1, {"a": 2}, "three"]})");
    compare();
    for (int step = 0; step < 500 && !world.execution.closed(); ++step) {
      if (!world.execution.ready().empty()) {
        world.give(input::Continue{});
      } else {
        ASSERT_TRUE(happen(world, chance)) << definition;
      }
      compare();
      if (HasFatalFailure()) return;
    }
    ended += world.execution.closed();
    EventId expected = 0;
    for (const Entry& entry : world.entries) {
      if (is_event(entry.type)) {
        ASSERT_EQ(entry.id, ++expected);
      }
    }
  }
  EXPECT_GE(ended, 395);
}

}  // namespace
}  // namespace perdure::asl::testing

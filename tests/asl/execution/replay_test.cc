// Random machines, random answers, random moments: what apply makes of the entries alone equals the
// live execution after every burst, and every execution ends.

#include "tests/asl/execution/world.h"
#include "tests/support/random_machine.h"

namespace perdure::asl::testing {
namespace {

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
    const std::string definition = perdure::testing::RandomMachine(seed).text();
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

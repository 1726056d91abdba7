#pragma once
// What happens to an execution next, by chance: an answer of some attempt, or time passes.

#include <algorithm>
#include <string>
#include <vector>

#include "tests/asl/execution/world.h"

namespace perdure::asl::testing {

// False if nothing can happen any more.
inline bool happen(World& world, SeededRandom& chance) {
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

// Begins a random machine's execution and lets it go on until it has ended or `most` things have
// happened; `after_burst` is called after each. False if nothing could happen before its end.
template <class AfterBurst>
bool live_randomly(World& world, uint64_t seed, int most, AfterBurst after_burst) {
  world.starts_at_once = seed % 2 == 0;
  world.limits.burst_entries = seed % 3 == 0 ? 5 : 1'000;
  SeededRandom chance(seed * 7919);
  world.start(R"({"list": [1, {"a": 2}, "three"]})");
  after_burst();
  for (int step = 0; step < most && !world.execution.closed(); ++step) {
    if (!world.execution.ready().empty()) {
      world.give(input::Continue{});
    } else if (!happen(world, chance)) {
      return false;
    }
    after_burst();
  }
  return true;
}

}  // namespace perdure::asl::testing

// Random machines, random answers, random moments: what apply makes of the entries alone equals the
// live execution after every burst, and every execution ends.

#include "tests/asl/execution/random_answers.h"
#include "tests/support/random_machine.h"

namespace perdure::asl::testing {
namespace {

TEST(Replay, the_fold_of_the_entries_is_the_live_execution) {
  int ended = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::string definition = perdure::testing::RandomMachine(seed).text();
    const auto machine = World::parsed(definition);
    ASSERT_NE(machine, nullptr) << definition;
    World world(machine, seed);
    Execution replayed(machine);
    size_t replayed_entries = 0;
    const auto compare = [&] {
      while (replayed_entries < world.entries.size()) {
        replayed.apply(world.entries[replayed_entries++]);
      }
      ASSERT_EQ(replayed.describe(), world.execution.describe());
    };
    ASSERT_TRUE(live_randomly(world, seed, 500, compare)) << definition;
    if (HasFatalFailure()) return;
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

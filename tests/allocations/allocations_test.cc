// How much memory the hot path asks for, counted: the same on every machine and under every load.
// The bounds leave room for a feature or two; what breaks them costs every workflow.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "tests/engine/support/world.h"

namespace {
int64_t allocations = 0;  // the tests run on one thread
}  // namespace

// Not inline: g++ would see malloc where free meets new, and warn.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace perdure::engine {
namespace {

constexpr int executions = 50;
constexpr char order[] =
    R"({"order":"A-1001","customer":{"name":"Ada","city":"London"},"total":42.5})";

std::string pass_states(int count) {
  std::string states;
  for (int i = 0; i < count; ++i) {
    const std::string next =
        i + 1 < count ? R"("Next":"P)" + std::to_string(i + 1) + "\"" : R"("End":true)";
    states += (i > 0 ? ",\"P" : "\"P") + std::to_string(i) + R"(":{"Type":"Pass",)" + next + "}";
  }
  return R"({"StartAt":"P0","States":{)" + states + "}}";
}

class Allocations : public testing::Test {
 protected:
  // Of one execution from its start until it has ended, after some that warm up.
  double of(const std::string& definition, asl::MachineType type, const std::string& input) {
    const std::string machine = world_.machine("m" + std::to_string(++machines_), definition, type);
    for (int i = 0; i < 5; ++i) run(machine, input);
    const int64_t before = allocations;
    for (int i = 0; i < executions; ++i) run(machine, input);
    return static_cast<double>(allocations - before) / executions;
  }
  double of_pass_states(int count, asl::MachineType type) {
    return of(pass_states(count), type, order);
  }
  // Shown beside the bound, so that a change can be seen before it breaks something.
  static void expect_at_most(double bound, double counted, const char* what) {
    std::printf("note: %.1f allocations %s (bound %.0f)\n", counted, what, bound);
    EXPECT_LE(counted, bound) << what;
    EXPECT_GT(counted, 0) << "nothing is counted";
  }

  void run(const std::string& machine, const std::string& input) {
    StartRequest request;
    request.state_machine_arn = machine;
    request.input = input;
    bool done = false;
    world_.engine().start_and_wait(std::move(request), [&done](Result<Closed> closed) {
      done = closed && closed->status == asl::ExecutionStatus::succeeded;
    });
    world_.settle();
    ASSERT_TRUE(done);
  }

  World world_;
  int machines_ = 0;
};

TEST_F(Allocations, of_a_transition) {
  for (const auto type : {asl::MachineType::express, asl::MachineType::standard}) {
    const double ten = of_pass_states(10, type);
    const double thirty = of_pass_states(30, type);
    expect_at_most(12, (thirty - ten) / 20, "a Pass state");
  }
}

TEST_F(Allocations, of_a_start) {
  expect_at_most(120, of_pass_states(1, asl::MachineType::express), "an EXPRESS execution");
  expect_at_most(165, of_pass_states(1, asl::MachineType::standard), "a STANDARD execution");
}

TEST_F(Allocations, of_an_item_do_not_grow_with_the_map) {
  const std::string fan =
      R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":)"
      R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}})";
  const auto items = [](int count) {
    std::string text = "[0";
    for (int i = 1; i < count; ++i) text += "," + std::to_string(i);
    return text + "]";
  };
  world_.limits.execution.max_events = 100'000;
  world_.crash();
  const double few = of(fan, asl::MachineType::standard, items(100)) / 100;
  const double many = of(fan, asl::MachineType::standard, items(2'000)) / 2'000;
  expect_at_most(24, few, "an item");
  EXPECT_LE(many, few * 1.2);
}

TEST_F(Allocations, the_journal_of_ten_states_stays_small) {
  const std::string machine = world_.machine("small", pass_states(10));
  world_.start(machine, "one", order);
  const auto rows =
      world_.store->load_journal(actor_key(execution_arn({}, "small", "one")), 1, 100);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  std::printf("note: %zu bytes of journal for ten states (bound 700)\n", rows->at(0).data.size());
  EXPECT_LE(rows->at(0).data.size(), 700u);
}

}  // namespace
}  // namespace perdure::engine

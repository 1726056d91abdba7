#pragma once
// What an expression of a state may look at, and what it may use up.

#include <atomic>

#include "asl/value/value.h"
#include "base/clock.h"
#include "base/give_way.h"
#include "base/result.h"

namespace perdure::asl {

// Counts steps, never time: the same expression ends the same way on every machine. A step is a
// value visited or something of that order, some tens of nanoseconds.
struct Budget {
  int64_t steps = 5'000'000;  // left; an expression that would take it below zero fails
  // May be set by another thread, for reasons of its own: then no step is left. Looked at about
  // every thousand steps; whoever is watched gives way to other threads.
  const std::atomic<bool>* stop = nullptr;

  bool spend(int64_t n = 1) {
    const int64_t before = steps;
    steps -= n;
    if (stop != nullptr && before >> 10 != steps >> 10) look();
    return steps >= 0;
  }
  // The failure says nothing about the expression: with a larger budget it may end well.
  bool exhausted() const { return steps < 0; }

 private:
  void look() {
    give_way();
    if (stop->load(std::memory_order_relaxed)) steps = -1;
  }
};

inline Error out_of_budget() {
  return {ErrorKind::runtime, "States.Runtime", "The expression takes too many steps"};
}

struct Scope {
  Value input;    // `$`
  Value context;  // `$$`
  // Object of the variables in scope, `$name`; undefined where there are none. For a JSONata field
  // `$states` is among them.
  Value variables;
  Arena& arena;    // results live here
  Random& random;  // States.UUID, States.MathRandom
  Budget& budget;
  int64_t now_ms = 0;  // UTC: JSONata's $now and $millis
};

}  // namespace perdure::asl

#pragma once
// What an expression of a state may look at, and what it may use up.

#include "asl/value/value.h"
#include "base/clock.h"
#include "base/result.h"

namespace perdure::asl {

// Counts steps, never time: the same expression ends the same way on every machine.
struct Budget {
  int64_t steps = 50'000;  // left; an expression that would take it below zero fails
  bool spend(int64_t n = 1) { return (steps -= n) >= 0; }
};

// The error of an expression that used up its budget. It says nothing about the expression: with a
// larger budget it may end well.
constexpr const char* out_of_budget_error = "OutOfBudget";
inline Error out_of_budget() {
  return {ErrorKind::runtime, out_of_budget_error, "The expression takes too many steps"};
}

struct Scope {
  Value input;      // `$`
  Value context;    // `$$`
  Value variables;  // object of the variables in scope, `$name`; undefined where there are none
  Arena& arena;     // results live here
  Random& random;   // States.UUID, States.MathRandom
  Budget& budget;
};

}  // namespace perdure::asl

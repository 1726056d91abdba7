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

// What an expression may read beside its input. Asked for when it is read: the context object has
// the execution's input in it, which may be long, and most expressions read neither.
class Environment {
 public:
  virtual ~Environment() = default;
  virtual Result<Value> context() = 0;                        // `$$`
  virtual Result<Value> variable(std::string_view name) = 0;  // `$name`; undefined: there is none
};

// One that is known.
class KnownEnvironment final : public Environment {
 public:
  // `variables`: an object, or undefined.
  KnownEnvironment(Value context, Value variables) : context_(context), variables_(variables) {}
  Result<Value> context() override { return context_; }
  Result<Value> variable(std::string_view name) override {
    return variables_.is(Kind::object) ? variables_.get(name) : Value();
  }

 private:
  const Value context_, variables_;
};

struct Scope {
  Value input;  // `$`
  Environment& environment;
  Value names;     // of a JSONata field: an object of what it reads, `$states` and variables
  Arena& arena;    // results live here
  Random& random;  // States.UUID, States.MathRandom
  Budget& budget;
  int64_t now_ms = 0;  // UTC: JSONata's $now and $millis
};

}  // namespace perdure::asl

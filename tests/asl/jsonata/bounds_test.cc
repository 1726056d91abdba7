// Whatever an expression does, it ends soon after it is told to, and within its memory.

#include <gtest/gtest.h>

#include "asl/jsonata/expression.h"
#include "tests/support/bounded_child.h"
#include "tests/support/hostile_expressions.h"
#include "tests/support/sanitized.h"

namespace perdure::asl::jsonata {
namespace {

// A second is what a server gives; a fifth shows the same and keeps this short.
constexpr double patience_seconds = 0.2;
constexpr double slack_seconds = perdure::measured::sanitized ? 1 : 0.05;
constexpr double most_mebibytes = perdure::measured::sanitized ? 1e9 : 64;

// `$text` and `$texts` of the expressions.
struct BigTexts {
  std::string text = std::string(250'000, 'x');
  Arena arena;
  Value bindings;

  BigTexts() {
    const Value one = Value::string(text);
    const std::vector<Value> many(10'000, one);
    const Member members[] = {{"text", one}, {"texts", Value::array(many, arena)}};
    bindings = Value::object(members, arena);
  }
};

perdure::measured::Taken taken_with(std::string_view expression, const BigTexts& given) {
  return perdure::measured::taken_by(patience_seconds, [&](const std::atomic<bool>& stop) {
    const auto compiled = Expression::compile(expression, Mode::aws);
    if (!compiled) std::abort();
    SeededRandom random(1);
    Limits limits = aws_limits();
    limits.stop = &stop;
    Arena arena;
    Budget budget{INT64_MAX};
    const auto value =
        compiled->evaluate(Value(), given.bindings, {0, random}, limits, budget, arena);
    if (!value && message_of(value.error()).empty()) std::abort();
  });
}

TEST(Bounds, every_hostile_expression_ends_in_time_and_within_its_memory) {
  const BigTexts given;
  for (const char* const expression : perdure::measured::hostile_expressions) {
    const perdure::measured::Taken taken = taken_with(expression, given);
    EXPECT_TRUE(taken.ended) << expression;
    EXPECT_LT(taken.seconds, patience_seconds + slack_seconds) << expression;
    EXPECT_LT(taken.mebibytes, most_mebibytes) << expression;
  }
}

}  // namespace
}  // namespace perdure::asl::jsonata

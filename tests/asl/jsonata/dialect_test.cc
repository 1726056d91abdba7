// AWS's dialect: functions it adds, what it refuses, and its bounds.

#include <gtest/gtest.h>

#include "tests/asl/jsonata/evaluation.h"

namespace perdure::asl::jsonata {
namespace {

std::string on_aws(std::string_view text, const char* bindings = nullptr) {
  return evaluated(text, {.bindings = bindings, .mode = Mode::aws, .limits = aws_limits()});
}

TEST(JsonataDialect, AddsFunctions) {
  EXPECT_EQ(on_aws("$partition([1, 2, 3], 2)"), "[[1,2],[3]]");
  EXPECT_EQ(on_aws("$range(3, 1, -1)"), "[3,2,1]");
  EXPECT_EQ(on_aws("$hash('abc', 'MD5')"), "\"900150983cd24fb0d6963f7d28e17f72\"");
  EXPECT_EQ(on_aws("$random(42)"), "0.7275636800328681");
  EXPECT_EQ(on_aws("$length($uuid())"), "36");
  EXPECT_EQ(on_aws("$parse('{\"b\":1.0,\"a\":[]}')"), R"({"b":1,"a":[]})");
  EXPECT_EQ(on_aws("$parse('{} {}')").substr(0, 5), "D3137");
}

TEST(JsonataDialect, LacksEvalAndLaterOperators) {
  EXPECT_EQ(on_aws("$eval('1')"), "T1006: Attempted to invoke a non-function");
  EXPECT_EQ(on_aws("$x ?? 1"), "S0211: The symbol \"?\" cannot be used as a unary operator");
  EXPECT_EQ(on_aws("$x ?: 1"), "S0211: The symbol \":\" cannot be used as a unary operator");
  EXPECT_EQ(evaluated("nothing ?? 1"), "1");
  EXPECT_EQ(evaluated("0 ?: 2"), "2");
}

TEST(JsonataDialect, ReadsVariables) {
  const char* const states = R"({"states": {"input": {"a": 1.0, "n": 9223372036854775807}}})";
  EXPECT_EQ(on_aws("$states.input.a", states), "1");
  EXPECT_EQ(on_aws("$states.input.n", states), "9223372036854775807");
  EXPECT_EQ(on_aws("$states.input", states), R"({"a":1,"n":9223372036854775807})");
  EXPECT_EQ(on_aws("1/0"), "\"Infinity\"");
}

TEST(JsonataDialect, TellsWhatAnExpressionReads) {
  const auto read = Expression::compile(
      "($y := phone; $sum($states.input.items[price > $low]) + $y + $.a)", Mode::aws);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->references().top_level, (std::vector<std::string>{"phone", "$"}));
  EXPECT_EQ(read->references().states, std::vector<std::string>{"input"});
  EXPECT_EQ(read->references().variables, (std::vector<std::string>{"states", "low"}));
}

TEST(JsonataDialect, EveryBoundEndsAnExpression) {
  const std::string time = "U1001: Expression evaluation timeout: Check for infinite loop";
  const std::string depth =
      "U1001: Stack overflow error: Check for non-terminating recursive function. Consider "
      "rewriting as tail-recursive";
  const std::string memory =
      "U1001: Expression evaluation memory limit exceeded: Check for excessive memory usage";
  EXPECT_EQ(on_aws("($f := function($x){$f($x + 1)}; $f(1))"), time);
  EXPECT_EQ(on_aws("($f := function($x){1 + $f($x)}; $f(1))"), depth);
  EXPECT_EQ(on_aws("[1..900000]"), memory);
  EXPECT_EQ(on_aws("$pad('x', 1e9)"), memory);
  EXPECT_EQ(on_aws("$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a+)+$/)"), time);
  EXPECT_EQ(on_aws("($f := function($a){$f([$a, $a])}; $f([1]))"), memory);
}

TEST(JsonataDialect, TheStopFlagEndsAnExpression) {
  const std::atomic<bool> stop = true;
  const std::string came = evaluated("($f := function($x){$f($x + 1)}; $f(1))",
                                     {.limits = {.stop = &stop}, .steps = INT64_MAX});
  EXPECT_EQ(came.substr(0, 5), "U1001");
}

}  // namespace
}  // namespace perdure::asl::jsonata

// Operators, literals and syntax.

#include <gtest/gtest.h>

#include "tests/asl/jsonata/evaluation.h"

namespace perdure::asl::jsonata {
namespace {

TEST(JsonataOperators, Reckon) {
  EXPECT_EQ(evaluated("1 + 2 * 3 - 4 / 2"), "5");
  EXPECT_EQ(evaluated("-7 % 3"), "-1");
  EXPECT_EQ(evaluated("0.1 + 0.2"), "0.30000000000000004");
  EXPECT_EQ(evaluated("1 + {}"),
            "T2002: The right side of the \"+\" operator must evaluate to a number");
  EXPECT_EQ(evaluated("nothing + 1"), "undefined");
  EXPECT_EQ(evaluated("-'a'").substr(0, 5), "D1002");
}

TEST(JsonataOperators, Compare) {
  EXPECT_EQ(evaluated("1 = 1.0"), "true");
  EXPECT_EQ(evaluated("{'a': 1, 'b': 2} = {'b': 2, 'a': 1}"), "true");
  EXPECT_EQ(evaluated("nothing != 1"), "false");
  EXPECT_EQ(evaluated("'a' < 'b' and 2 >= 2"), "true");
  EXPECT_EQ(evaluated("'a' < 1").substr(0, 5), "T2009");
  EXPECT_EQ(evaluated("true < 1").substr(0, 5), "T2010");
  EXPECT_EQ(evaluated("2 in [1, 2]"), "true");
}

TEST(JsonataOperators, Join) {
  EXPECT_EQ(evaluated("'a' & 1 & nothing & true & [1]"), "\"a1true[1]\"");
  EXPECT_EQ(evaluated("'\\u00e9\\ud83d\\ude00'"), "\"é😀\"");
}

TEST(JsonataOperators, Ranges) {
  EXPECT_EQ(evaluated("[1..3, 7, 9..10]"), "[1,2,3,7,9,10]");
  EXPECT_EQ(evaluated("[3..1]"), "[]");
  EXPECT_EQ(evaluated("[[1..3]]"), "[[1,2,3]]");
  EXPECT_EQ(evaluated("[[1..3], [4..5]]"), "[[1,2,3],[4,5]]");
  EXPECT_EQ(evaluated("$count([1..10000000])"), "10000000");
  // In messages, where they are in no memory, alone or within another array.
  EXPECT_EQ(evaluated("-[1..3]"), "D1002: Cannot negate a non-numeric value: [1,2,3]");
  EXPECT_EQ(evaluated("-{'a': [[1..3]]}"),
            "D1002: Cannot negate a non-numeric value: {\"a\":[[1,2,3]]}");
  EXPECT_EQ(evaluated("-[1..9999999]").substr(0, 5), "D1002");
  EXPECT_EQ(evaluated("$sum([1..1000])"), "500500");
  EXPECT_EQ(evaluated("[1..10000001]").substr(0, 5), "D2014");
  EXPECT_EQ(evaluated("[1.5..2]").substr(0, 5), "T2003");
}

TEST(JsonataOperators, Conditions) {
  EXPECT_EQ(evaluated("[] ? 1 : 2"), "2");
  EXPECT_EQ(evaluated("'x' ? 1"), "1");
  EXPECT_EQ(evaluated("0 ? 1"), "undefined");
  EXPECT_EQ(evaluated("true or $error('never')"), "true");
}

TEST(JsonataOperators, Objects) {
  EXPECT_EQ(evaluated("{'a': 1, 'b': nothing}"), R"({"a":1})");
  EXPECT_EQ(evaluated("{'a': 1, 'a': 2}").substr(0, 5), "D1009");
  EXPECT_EQ(evaluated("{1: 2}").substr(0, 5), "T1003");
}

struct Broken {
  const char* text;
  const char* code;
  size_t position;
  const char* token;
};

TEST(JsonataSyntax, FaultsSayWhere) {
  const Broken cases[] = {
      {"", "S0207", 0, "(end)"},
      {"1 +", "S0207", 3, "(end)"},
      {"'abc", "S0101", 4, ""},
      {"1 2", "S0201", 3, "2"},
      {"[1, 2)", "S0202", 6, ")"},
      {"(1", "S0203", 2, "(end)"},
      {"a.3", "S0213", 3, "3"},
      {"a := 1", "S0212", 1, "a"},
      {"/abc", "S0302", 4, ""},
      {"//", "S0301", 1, ""},
      {"`a", "S0105", 2, ""},
      {"'\\q'", "S0103", 2, "q"},
      {"function(a){1}", "S0208", 10, "a"},
      {"1 /* x", "S0106", 2, ""},
      {"é.é.*)", "S0201", 6, ")"},
  };
  for (const Broken& broken : cases) {
    const auto made = Expression::compile(broken.text, Mode::standard);
    ASSERT_FALSE(made.has_value()) << broken.text;
    EXPECT_EQ(made.error().code, broken.code) << broken.text;
    EXPECT_EQ(made.error().position, broken.position) << broken.text;
    EXPECT_EQ(made.error().token, broken.token) << broken.text;
  }
}

TEST(JsonataSyntax, NestingIsLimited) {
  const std::string deep = std::string(100'000, '(') + "1" + std::string(100'000, ')');
  EXPECT_EQ(evaluated(deep).substr(0, 5), "D1011");
  std::string chain = "1";
  for (int i = 0; i < 100'000; ++i) chain += "+1";
  EXPECT_EQ(evaluated(chain).substr(0, 5), "D1011");
}

}  // namespace
}  // namespace perdure::asl::jsonata

#include "asl/jsonata/messages.h"

#include <gtest/gtest.h>

namespace perdure::asl::jsonata {
namespace {

TEST(Messages, ShowTokensQuotedAndValuesAsJson) {
  Fault wrong = fault("T0410");
  wrong.index = 1;
  wrong.token = "abs";
  EXPECT_EQ(message_of(wrong), "Argument 1 of function \"abs\" does not match function signature");

  Fault expected = fault("S0202", json_text("]"));
  expected.token = ",";
  EXPECT_EQ(message_of(expected), "Expected \"]\", got \",\"");

  EXPECT_EQ(message_of(fault("D3060", "-1")),
            "The sqrt function cannot be applied to a negative number: -1");
}

TEST(Messages, ShowNumbersBare) {
  Fault syntax = fault("S0201");
  syntax.token = "7";
  EXPECT_EQ(message_of(syntax), "Syntax error: \"7\"");
  syntax.is_number = true;
  EXPECT_EQ(message_of(syntax), "Syntax error: 7");
}

TEST(Messages, KnowTheFieldsThatOnlyOneCodeHas) {
  Fault power = fault("D3061", "0");
  power.value2 = "-1";
  EXPECT_EQ(message_of(power),
            "The power function has resulted in a value that cannot be represented as a JSON "
            "number: base=0, exponent=-1");
  Fault of_array = fault("T0412");
  of_array.index = 1;
  of_array.token = "sum";
  of_array.value2 = json_text("numbers");
  EXPECT_EQ(message_of(of_array), "Argument 1 of function \"sum\" must be an array of \"numbers\"");
  Fault url = fault("D3140", json_text("%zz"));
  url.token = "decodeUrl";
  EXPECT_EQ(message_of(url), "Malformed URL passed to $decodeUrl(): \"%zz\"");
  Fault not_function = fault("T1005");
  not_function.token = "match";
  EXPECT_EQ(message_of(not_function), "Attempted to invoke a non-function. Did you mean $match?");
}

TEST(Messages, TakeTheUsersOwnTextAsItIs) {
  EXPECT_EQ(message_of(fault("D3137", "Too {{value}} \"expensive\"")),
            "Too {{value}} \"expensive\"");
  EXPECT_EQ(message_of(fault("D3141", "no")), "no");
}

TEST(Messages, AreNeverEmpty) {
  EXPECT_EQ(message_of(fault("X9999")), "X9999");
  EXPECT_EQ(message_of(fault("", "Invalid regular expression: /(/: Unterminated group")),
            "Invalid regular expression: /(/: Unterminated group");
  EXPECT_EQ(message_of(fault("D1012")), "Expression evaluation timeout: Check for infinite loop");
  EXPECT_EQ(message_of(fault("D1012", "1000")),
            "Evaluation timeout after 1000 milliseconds. Check for infinite loop");
}

}  // namespace
}  // namespace perdure::asl::jsonata

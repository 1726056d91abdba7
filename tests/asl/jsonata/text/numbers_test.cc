#include "asl/jsonata/text/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace perdure::asl::jsonata::text {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(JsNumber, IsPlainFromAMillionthBelow1e21) {
  EXPECT_EQ(js_number(0), "0");
  EXPECT_EQ(js_number(-0.0), "0");
  EXPECT_EQ(js_number(5), "5");
  EXPECT_EQ(js_number(-42), "-42");
  EXPECT_EQ(js_number(120), "120");
  EXPECT_EQ(js_number(12.5), "12.5");
  EXPECT_EQ(js_number(0.05), "0.05");
  EXPECT_EQ(js_number(1e-6), "0.000001");
  EXPECT_EQ(js_number(1.5e-7), "1.5e-7");
  EXPECT_EQ(js_number(1e20), "100000000000000000000");
  EXPECT_EQ(js_number(1e21), "1e+21");
  EXPECT_EQ(js_number(-1.25e22), "-1.25e+22");
  EXPECT_EQ(js_number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(js_number(9007199254740993), "9007199254740992");
  EXPECT_EQ(js_number(5e-324), "5e-324");
  EXPECT_EQ(js_number(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(js_number(-infinity), "-Infinity");
  EXPECT_EQ(js_number(std::nan("")), "NaN");
}

TEST(NumberText, RoundsFractionsTo15Digits) {
  EXPECT_EQ(number_text(22.0 / 7), "3.14285714285714");
  EXPECT_EQ(number_text(1.0 / 3), "0.333333333333333");
  EXPECT_EQ(number_text(0.1 + 0.2), "0.3");
  EXPECT_EQ(number_text(12345678.123456789), "12345678.1234568");
  EXPECT_EQ(number_text(-0.0000001234), "-1.234e-7");
  EXPECT_EQ(number_text(1e-100), "1e-100");
  EXPECT_EQ(number_text(90.57), "90.57");
}

TEST(NumberText, KeepsWholeNumbers) {
  EXPECT_EQ(number_text(5890840712243076), "5890840712243076");
  EXPECT_EQ(number_text(123456789012345678), "123456789012345680");
  EXPECT_EQ(number_text(999999999999999868928.0), "999999999999999900000");
  EXPECT_EQ(number_text(1e100), "1e+100");
}

TEST(ParseNumber, TakesDecimals) {
  EXPECT_EQ(*parse_number("0"), 0);
  EXPECT_EQ(*parse_number("00"), 0);
  EXPECT_EQ(*parse_number("-007"), -7);
  EXPECT_EQ(*parse_number("1e2"), 100);
  EXPECT_EQ(*parse_number("1.5E-1"), 0.15);
  EXPECT_TRUE(std::signbit(*parse_number("-0")));
}

TEST(ParseNumber, TakesOtherBases) {
  EXPECT_EQ(*parse_number("0x12"), 18);
  EXPECT_EQ(*parse_number("0XfF"), 255);
  EXPECT_EQ(*parse_number("0o17"), 15);
  EXPECT_EQ(*parse_number("0B101"), 5);
}

TEST(ParseNumber, IsNotANumberWhereOnlyAPartIsOne) {
  for (const auto* text : {"0x12zz", "a0o7", "9 0b1"}) {
    EXPECT_TRUE(std::isnan(*parse_number(text))) << text;
  }
}

TEST(ParseNumber, RefusesTheRest) {
  for (const auto* text : {"", " 5", "+5", "1.", ".5", "1e", "1e+", "1/2", "-0x12", "0x", "0b2",
                           "[1]", "1e400", "-", "NaN", "Infinity"}) {
    const auto value = parse_number(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error(), fault("D3030", json_text(text)));
  }
}

TEST(FormatBase, WritesWholeNumbers) {
  EXPECT_EQ(*format_base(100, 10), "100");
  EXPECT_EQ(*format_base(100, 2), "1100100");
  EXPECT_EQ(*format_base(-100, 2), "-1100100");
  EXPECT_EQ(*format_base(99.5, 2.5), "1100100");
  EXPECT_EQ(*format_base(35, 36), "z");
  EXPECT_EQ(*format_base(0.5, 10), "0");
  EXPECT_EQ(*format_base(-0.4, 2), "0");
  EXPECT_EQ(*format_base(1e25, 10), "1e+25");
  EXPECT_EQ(*format_base(9007199254740992, 7), "5350140446150306054");
  // Every digit of what the double holds, 10000000000000000905969664.
  EXPECT_EQ(*format_base(1e25, 7), "305115115464104443646521201351");
  EXPECT_EQ(format_base(1e300, 2)->size(), 997);
  EXPECT_EQ(*format_base(infinity, 2), "Infinity");
}

TEST(FormatBase, RefusesARadixOutOfRange) {
  EXPECT_EQ(format_base(100, 1).error(), fault("D3100", "1"));
  EXPECT_EQ(format_base(100, 36.6).error(), fault("D3100", "37"));
  EXPECT_EQ(format_base(100, std::nan("")).error().code, "D3100");
}

TEST(Round, GoesToTheEvenNeighbour) {
  EXPECT_EQ(round_half_even(2.7), 3);
  EXPECT_EQ(round_half_even(2.5), 2);
  EXPECT_EQ(round_half_even(3.5), 4);
  EXPECT_EQ(round_half_even(-7.5), -8);
  EXPECT_EQ(round_half_even(-8.5), -8);
  EXPECT_FALSE(std::signbit(round_half_even(-0.3)));
  // Adding a half to it and cutting off would give 1.
  EXPECT_EQ(round_half_even(0.49999999999999994), 0);
}

TEST(Round, MovesThePointByDigits) {
  EXPECT_EQ(round_half_even(4.525, 2), 4.52);
  EXPECT_EQ(round_half_even(1.005, 2), 1);
  EXPECT_EQ(round_half_even(12345, -2), 12300);
  EXPECT_EQ(round_half_even(12450, -2), 12400);
  EXPECT_EQ(round_half_even(12350, -2), 12400);
  EXPECT_EQ(round_half_even(6.022e-23, 24), 6e-23);
  EXPECT_EQ(round_half_even(1e21, -20), 1e21);
  EXPECT_EQ(round_half_even(1e300, 300), 1e300);
  EXPECT_EQ(round_half_even(5, -2'000'000'000), 0);
}

TEST(Power, RefusesWhatIsNoFiniteNumber) {
  EXPECT_EQ(*power(4, 0.5), 2);
  EXPECT_EQ(*power(-2, 3), -8);
  Fault expected = fault("D3061", "-2");
  expected.value2 = "0.5";
  EXPECT_EQ(power(-2, 0.5).error(), expected);
  EXPECT_EQ(power(100, 1000).error().code, "D3061");
  EXPECT_EQ(power(0, -1).error().code, "D3061");
}

TEST(SquareRoot, RefusesNegativeNumbers) {
  EXPECT_EQ(*square_root(4), 2);
  EXPECT_EQ(square_root(-1).error(), fault("D3060", "-1"));
}

}  // namespace
}  // namespace perdure::asl::jsonata::text

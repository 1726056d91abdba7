#include "asl/jsonata/text/integer_picture.h"

#include <gtest/gtest.h>

#include <cmath>

#include "asl/jsonata/text/format_integer.h"

namespace perdure::asl::jsonata::text {
namespace {

std::string formatted(double number, std::string_view picture) {
  const auto out = format_integer(number, picture);
  return out ? *out : out.error().code;
}

double parsed(std::string_view text, std::string_view picture) {
  const auto out = parse_integer(text, picture);
  EXPECT_TRUE(out) << text << " " << picture;
  return out ? *out : -1;
}

TEST(FormatInteger, FillsUpWithZeros) {
  EXPECT_EQ(formatted(123, "0000"), "0123");
  EXPECT_EQ(formatted(-3, "0000"), "-0003");
  EXPECT_EQ(formatted(1234, "0;c"), "1234");
  EXPECT_EQ(formatted(12, "###0"), "12");
  EXPECT_EQ(formatted(12.7, "0"), "12");
  EXPECT_EQ(formatted(-12.3, "0"), "-13");
  EXPECT_EQ(formatted(459542040014639488, "0"), "459542040014639500");
  EXPECT_EQ(formatted(1e21, "0"), "1000000000000000000000");
  EXPECT_EQ(formatted(std::nan(""), "0"), "NaN");
}

TEST(FormatInteger, WritesOrdinals) {
  EXPECT_EQ(formatted(1, "0;o"), "1st");
  EXPECT_EQ(formatted(2, "0;o"), "2nd");
  EXPECT_EQ(formatted(123, "000;o"), "123rd");
  EXPECT_EQ(formatted(11, "0;o"), "11th");
  EXPECT_EQ(formatted(1012, "#,##0;o"), "1,012th");
}

TEST(FormatInteger, GroupsDigits) {
  EXPECT_EQ(formatted(12, "#,##0"), "12");
  EXPECT_EQ(formatted(1200, "#,##0"), "1,200");
  EXPECT_EQ(formatted(1234567890, "#,##0"), "1,234,567,890");
  EXPECT_EQ(formatted(1234567890, "#,###,##0"), "1,234,567,890");
  EXPECT_EQ(formatted(1234567890, "#:###,##0"), "1234:567,890");
  EXPECT_EQ(formatted(1234567890, "##,##,##0"), "12345,67,890");
  EXPECT_EQ(formatted(12, "#:###,##0"), "12");
  EXPECT_EQ(formatted(50000, "0,,000"), "50,,000");
  EXPECT_EQ(formatted(5, "0,"), "5,");
}

TEST(FormatInteger, KnowsOtherDigits) {
  EXPECT_EQ(formatted(12340, "###١"), "١٢٣٤٠");
  EXPECT_EQ(formatted(12, "０００"), "０１２");
  EXPECT_EQ(formatted(12340, "##0０"), "D3131");
}

TEST(FormatInteger, WritesWords) {
  EXPECT_EQ(formatted(0, "w"), "zero");
  EXPECT_EQ(formatted(34, "w"), "thirty-four");
  EXPECT_EQ(formatted(555, "W"), "FIVE HUNDRED AND FIFTY-FIVE");
  EXPECT_EQ(formatted(3730, "w"), "three thousand, seven hundred and thirty");
  EXPECT_EQ(formatted(1000000000001, "w"), "one trillion and one");
  EXPECT_EQ(formatted(1e15, "w"), "one thousand trillion");
  EXPECT_EQ(formatted(1e46, "w"), "ten billion trillion trillion trillion");
  EXPECT_EQ(formatted(-12, "w"), "-twelve");
  EXPECT_EQ(formatted(20, "w;o"), "twentieth");
  EXPECT_EQ(formatted(1000, "w;o"), "one thousandth");
  EXPECT_EQ(formatted(3731, "w;o"), "three thousand, seven hundred and thirty-first");
  EXPECT_EQ(formatted(1234, "Ww;o"), "One Thousand, Two Hundred and Thirty-Fourth");
  EXPECT_GT(formatted(1.7e308, "w").size(), 300);
}

TEST(FormatInteger, WritesRomanNumeralsAndLetters) {
  EXPECT_EQ(formatted(0, "I"), "");
  EXPECT_EQ(formatted(1984, "I"), "MCMLXXXIV");
  EXPECT_EQ(formatted(99, "i"), "xcix");
  EXPECT_EQ(formatted(1e300, "I"), "D1001");
  EXPECT_EQ(formatted(1, "A"), "A");
  EXPECT_EQ(formatted(26, "a"), "z");
  EXPECT_EQ(formatted(123456, "A"), "FZPH");
}

TEST(FormatInteger, RefusesOtherSequences) {
  EXPECT_EQ(format_integer(1, "α").error(), fault("D3130", json_text("α")));
  EXPECT_EQ(formatted(1, "#"), "D3130");
  EXPECT_EQ(formatted(1, ""), "D3130");
  EXPECT_EQ(formatted(1, ";o"), "D3130");
}

TEST(ParseInteger, ReadsDigits) {
  EXPECT_EQ(parsed("0123", "0000"), 123);
  EXPECT_EQ(parsed("123rd", "000;o"), 123);
  EXPECT_EQ(parsed("١٢٣٤٠", "###١"), 12340);
  EXPECT_EQ(parsed("1,234,567,890", "#,##0"), 1234567890);
  EXPECT_EQ(parsed("1234:567,890", "#:###,##0"), 1234567890);
  EXPECT_EQ(parsed("1.200", "#.##0"), 1200);
  EXPECT_EQ(parsed(" -12 and more", "0"), -12);
  EXPECT_TRUE(std::isnan(parsed("abc", "0")));
  EXPECT_TRUE(std::isnan(parsed("", "0")));
}

TEST(ParseInteger, ReadsWords) {
  EXPECT_EQ(parsed("zero", "w"), 0);
  EXPECT_EQ(parsed("FIVE HUNDRED AND FIFTY-FIVE", "W"), 555);
  EXPECT_EQ(parsed("one trillion and one", "w"), 1000000000001);
  EXPECT_EQ(parsed("four million, three hundred and twenty-seven thousand, seven hundred and "
                   "thirty-second",
                   "w;o"),
            4327732);
  EXPECT_EQ(parsed("ten billion trillion trillion trillion", "w"), 1e46);
  EXPECT_EQ(parsed("nineteen hundred and eighty-four", "w"), 1984);
  EXPECT_TRUE(std::isnan(parsed("foo", "w")));
  EXPECT_TRUE(std::isnan(parsed("", "w")));
}

TEST(ParseInteger, ReadsWhatFormatIntegerWrites) {
  for (const auto* picture : {"0", "000,0", "#,##0;o", "٠", "w", "W;o", "Ww", "i", "I", "a", "A"}) {
    for (const double number : {1.0, 19.0, 20.0, 99.0, 100.0, 101.0, 1000.0, 1999.0, 20013.0}) {
      EXPECT_EQ(parsed(*format_integer(number, picture), picture), number) << picture;
    }
  }
}

TEST(ParseInteger, ReadsRomanNumeralsAndLetters) {
  EXPECT_EQ(parsed("", "I"), 0);
  EXPECT_EQ(parsed("MCMLXXXIV", "I"), 1984);
  EXPECT_EQ(parsed("xcix", "i"), 99);
  EXPECT_TRUE(std::isnan(parsed("iz", "i")));
  EXPECT_EQ(parsed("FZPH", "A"), 123456);
}

TEST(ParseInteger, RefusesTheSamePictures) {
  EXPECT_EQ(parse_integer("12", "α").error().code, "D3130");
  EXPECT_EQ(parse_integer("12", "##0０").error().code, "D3131");
}

}  // namespace
}  // namespace perdure::asl::jsonata::text

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

struct Formatted {
  double number;
  std::string_view picture, expected;
};
void expect_formatted(std::initializer_list<Formatted> cases) {
  for (const auto& [number, picture, expected] : cases) {
    EXPECT_EQ(formatted(number, picture), expected) << number << " by " << picture;
  }
}

struct Parsed {
  std::string_view text, picture;
  double expected;
};
void expect_parsed(std::initializer_list<Parsed> cases) {
  for (const auto& [text, picture, expected] : cases) {
    EXPECT_EQ(parsed(text, picture), expected) << text << " by " << picture;
  }
}

TEST(FormatInteger, FillsUpWithZeros) {
  expect_formatted({{123, "0000", "0123"},
                    {-3, "0000", "-0003"},
                    {1234, "0;c", "1234"},
                    {12, "###0", "12"},
                    {12.7, "0", "12"},
                    {-12.3, "0", "-13"},
                    {459542040014639488, "0", "459542040014639500"},
                    {1e21, "0", "1000000000000000000000"},
                    {std::nan(""), "0", "NaN"}});
}

TEST(FormatInteger, WritesOrdinals) {
  expect_formatted({{1, "0;o", "1st"},
                    {2, "0;o", "2nd"},
                    {123, "000;o", "123rd"},
                    {11, "0;o", "11th"},
                    {1012, "#,##0;o", "1,012th"}});
}

TEST(FormatInteger, GroupsDigits) {
  expect_formatted({{12, "#,##0", "12"},
                    {1200, "#,##0", "1,200"},
                    {1234567890, "#,##0", "1,234,567,890"},
                    {1234567890, "#,###,##0", "1,234,567,890"},
                    {1234567890, "#:###,##0", "1234:567,890"},
                    {1234567890, "##,##,##0", "12345,67,890"},
                    {12, "#:###,##0", "12"},
                    {50000, "0,,000", "50,,000"},
                    {5, "0,", "5,"}});
}

TEST(FormatInteger, KnowsOtherDigits) {
  expect_formatted({{12340, "###١", "١٢٣٤٠"}, {12, "０００", "０１２"}, {12340, "##0０", "D3131"}});
}

TEST(FormatInteger, WritesWords) {
  expect_formatted({{0, "w", "zero"},
                    {34, "w", "thirty-four"},
                    {555, "W", "FIVE HUNDRED AND FIFTY-FIVE"},
                    {3730, "w", "three thousand, seven hundred and thirty"},
                    {1000000000001, "w", "one trillion and one"},
                    {1e15, "w", "one thousand trillion"},
                    {1e46, "w", "ten billion trillion trillion trillion"},
                    {-12, "w", "-twelve"},
                    {20, "w;o", "twentieth"},
                    {1000, "w;o", "one thousandth"},
                    {3731, "w;o", "three thousand, seven hundred and thirty-first"},
                    {1234, "Ww;o", "One Thousand, Two Hundred and Thirty-Fourth"}});
  EXPECT_GT(formatted(1.7e308, "w").size(), 300);
}

TEST(FormatInteger, WritesRomanNumeralsAndLetters) {
  expect_formatted({{0, "I", ""},
                    {1984, "I", "MCMLXXXIV"},
                    {99, "i", "xcix"},
                    {1e300, "I", "D1001"},
                    {1, "A", "A"},
                    {26, "a", "z"},
                    {123456, "A", "FZPH"}});
}

TEST(FormatInteger, RefusesOtherSequences) {
  EXPECT_EQ(format_integer(1, "α").error(), fault("D3130", json_text("α")));
  expect_formatted({{1, "#", "D3130"}, {1, "", "D3130"}, {1, ";o", "D3130"}});
}

TEST(ParseInteger, ReadsDigits) {
  expect_parsed({{"0123", "0000", 123},
                 {"123rd", "000;o", 123},
                 {"١٢٣٤٠", "###١", 12340},
                 {"1,234,567,890", "#,##0", 1234567890},
                 {"1234:567,890", "#:###,##0", 1234567890},
                 {"1.200", "#.##0", 1200},
                 {" -12 and more", "0", -12}});
  EXPECT_TRUE(std::isnan(parsed("abc", "0")));
  EXPECT_TRUE(std::isnan(parsed("", "0")));
}

TEST(ParseInteger, ReadsWords) {
  expect_parsed({{"zero", "w", 0},
                 {"FIVE HUNDRED AND FIFTY-FIVE", "W", 555},
                 {"one trillion and one", "w", 1000000000001},
                 {"four million, three hundred and twenty-seven thousand, seven hundred and "
                  "thirty-second",
                  "w;o", 4327732},
                 {"ten billion trillion trillion trillion", "w", 1e46},
                 {"nineteen hundred and eighty-four", "w", 1984}});
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
  expect_parsed({{"", "I", 0}, {"MCMLXXXIV", "I", 1984}, {"xcix", "i", 99}});
  EXPECT_TRUE(std::isnan(parsed("iz", "i")));
  EXPECT_EQ(parsed("FZPH", "A"), 123456);
}

TEST(ParseInteger, RefusesTheSamePictures) {
  EXPECT_EQ(parse_integer("12", "α").error().code, "D3130");
  EXPECT_EQ(parse_integer("12", "##0０").error().code, "D3131");
}

}  // namespace
}  // namespace perdure::asl::jsonata::text

#include "asl/jsonata/text/format_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace perdure::asl::jsonata::text {
namespace {

using Options = std::vector<std::pair<std::string_view, std::string_view>>;

std::string formatted(double number, std::string_view picture, const Options& options = {}) {
  DecimalFormat format;
  for (const auto& [name, value] : options) EXPECT_TRUE(format.set(name, value)) << name;
  const auto out = format_number(number, picture, format);
  return out ? *out : out.error().code;
}

struct Case {
  double number;
  std::string_view picture, expected;
  Options options{};
};
void expect_formatted(std::initializer_list<Case> cases) {
  for (const auto& [number, picture, expected, options] : cases) {
    EXPECT_EQ(formatted(number, picture, options), expected) << number << " by " << picture;
  }
}

TEST(FormatNumber, WritesTheDigitsThatThePictureAsksFor) {
  expect_formatted({{123.9, "9999", "0124"},
                    {2, "000.000", "002.000"},
                    {0, "#", "0"},
                    {0, "#.#", ".0"},
                    {0.5, "#.#", ".5"},
                    {1, ".0", "1.0"},
                    {12, "0.", "12"},
                    {5, "$0.00 USD", "$5.00 USD"},
                    {1e22, "#,##0.00", "10,000,000,000,000,000,000,000.00"},
                    {0.0000001, "0.0000000", "0.0000001"}});
  EXPECT_EQ(formatted(5e-324, "0." + std::string(2000, '0')).size(), 2002);
  EXPECT_EQ(formatted(1.7e308, std::string(500, '0')).size(), 500);
}

TEST(FormatNumber, RoundsHalfToEven) {
  expect_formatted({{2.5, "0", "2"}, {3.5, "0", "4"}, {0.125, "0.00", "0.12"}});
}

TEST(FormatNumber, GroupsDigits) {
  expect_formatted({{12345.6, "#,###.00", "12,345.60"},
                    {12345678.9, "9,999.99", "12,345,678.90"},
                    {123412345678.9, "9,9,99.99", "123412345,6,78.90"},
                    {1234.56789, "9,999.999,999", "1,234.567,890"},
                    {1E20, "#,######", "100,000000,000000,000000"},
                    {12345, "#,##,#0", "1,23,45"},
                    {12, "#,#,#0", "12"},
                    {123, "#,#,#0", "1,23"},
                    {1, "#0,00,0", "0,00,1"},
                    {1234567.891, "0,0,0.0,0,0", "1,2,3,4,5,6,7.8,9,1"}});
}

TEST(FormatNumber, WritesNegativeNumbers) {
  expect_formatted({{-6, "000", "-006"},
                    {-6, "x0", "-x6"},
                    {-42, "#;(0.00)", "(42.00)"},
                    {42, "#;(0.00)", "42"},
                    {-0.001, "0.00", "-0.00"}});
}

TEST(FormatNumber, WritesHundredthsAndThousandths) {
  expect_formatted({{0.14, "01%", "14%"}, {0.4857, "###.###‰", "485.7‰"}});
}

TEST(FormatNumber, WritesExponents) {
  expect_formatted({{1234.5678, "00.000e0", "12.346e2"},
                    {1234.5678, "00.000e000", "12.346e002"},
                    {0.234, "0.0e0", "2.3e-1"},
                    {0.234, "#.00e0", "0.23e0"},
                    {0.123, "#.e9", "0.1e0"},
                    {0.234, ".00e0", ".23e0"},
                    {0, "0.00e0", "0.00e0"},
                    {42, "0e0", "4e1"},
                    {-42, "0e0", "-4e1"},
                    {1e-10, "0.0e0", "1.0e-10"},
                    {5e-324, "0e0", "5e-324"},
                    {12, "x0e0", "x1e1"}});
}

TEST(FormatNumber, TakesOtherSymbols) {
  expect_formatted(
      {{1234.5678, "①①.①①①e①", "①②.③④⑥e②", {{"zero-digit", "⑟"}}},
       {2, "AAA.AAA", "AAC.AAA", {{"zero-digit", "A"}}},
       {0.1, "AeAAA", "Be-AAB", {{"zero-digit", "A"}}},
       {12345, "#.###,0", "12.345,0", {{"decimal-separator", ","}, {"grouping-separator", "."}}},
       {-5, "0", "~5", {{"minus-sign", "~"}}},
       {0.5, "0pc", "50pc", {{"percent", "pc"}}},
       {0.5, "0!", "500!", {{"per-mille", "!"}}},
       {-5, "*|0", "5", {{"digit", "*"}, {"pattern-separator", "|"}}},
       {5, "0", "5", {{"grouping-separator", ""}}}});
  EXPECT_FALSE(DecimalFormat().set("foo", "bar"));
}

TEST(FormatNumber, NamesWhatIsNoNumber) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  expect_formatted({{std::nan(""), "$0", "NaN"},
                    {-infinity, "$0", "-$Infinity"},
                    {infinity, "0", "∞", {{"infinity", "∞"}}}});
}

// Of several rules that are broken, the last one is named.
TEST(FormatNumber, RefusesBadPictures) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"#;#;#", "D3080"}, {"0.0.0", "D3081"}, {"#0%%", "D3082"}, {"#0‰‰", "D3083"},
      {"#0%‰", "D3084"},  {".e0", "D3085"},   {"", "D3085"},     {"0;", "D3085"},
      {"%%", "D3086"},    {"%‰", "D3086"},    {"---", "D3086"},  {"x", "D3086"},
      {"0 0", "D3086"},   {"a0b0c", "D3086"}, {"0,.0", "D3087"}, {"0.,0", "D3087"},
      {"0,", "D3088"},    {"0,,0", "D3089"},  {"0#", "D3090"},   {"#0.#0e0", "D3091"},
      {"0%e0", "D3092"},  {"0e0%", "D3092"},  {"0e", "D3093"},   {"0e#", "D3093"},
      {"0e0.0", "D3093"}, {"e", "D3093"},     {";e", "D3085"},   {"0e0$%#", "D3093"},
      {",", "D3088"},     {"#0%..", "D3086"}, {"#..,", "D3081"}};
  for (const auto& [picture, code] : cases) EXPECT_EQ(formatted(20, picture), code) << picture;
}

}  // namespace
}  // namespace perdure::asl::jsonata::text

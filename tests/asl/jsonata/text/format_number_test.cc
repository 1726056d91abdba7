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

TEST(FormatNumber, WritesTheDigitsThatThePictureAsksFor) {
  EXPECT_EQ(formatted(123.9, "9999"), "0124");
  EXPECT_EQ(formatted(2, "000.000"), "002.000");
  EXPECT_EQ(formatted(0, "#"), "0");
  EXPECT_EQ(formatted(0, "#.#"), ".0");
  EXPECT_EQ(formatted(0.5, "#.#"), ".5");
  EXPECT_EQ(formatted(1, ".0"), "1.0");
  EXPECT_EQ(formatted(12, "0."), "12");
  EXPECT_EQ(formatted(5, "$0.00 USD"), "$5.00 USD");
  EXPECT_EQ(formatted(1e22, "#,##0.00"), "10,000,000,000,000,000,000,000.00");
  EXPECT_EQ(formatted(0.0000001, "0.0000000"), "0.0000001");
  EXPECT_EQ(formatted(5e-324, "0." + std::string(2000, '0')).size(), 2002);
  EXPECT_EQ(formatted(1.7e308, std::string(500, '0')).size(), 500);
}

TEST(FormatNumber, RoundsHalfToEven) {
  EXPECT_EQ(formatted(2.5, "0"), "2");
  EXPECT_EQ(formatted(3.5, "0"), "4");
  EXPECT_EQ(formatted(0.125, "0.00"), "0.12");
}

TEST(FormatNumber, GroupsDigits) {
  EXPECT_EQ(formatted(12345.6, "#,###.00"), "12,345.60");
  EXPECT_EQ(formatted(12345678.9, "9,999.99"), "12,345,678.90");
  EXPECT_EQ(formatted(123412345678.9, "9,9,99.99"), "123412345,6,78.90");
  EXPECT_EQ(formatted(1234.56789, "9,999.999,999"), "1,234.567,890");
  EXPECT_EQ(formatted(1E20, "#,######"), "100,000000,000000,000000");
  EXPECT_EQ(formatted(12345, "#,##,#0"), "1,23,45");
  EXPECT_EQ(formatted(12, "#,#,#0"), "12");
  EXPECT_EQ(formatted(123, "#,#,#0"), "1,23");
  EXPECT_EQ(formatted(1, "#0,00,0"), "0,00,1");
  EXPECT_EQ(formatted(1234567.891, "0,0,0.0,0,0"), "1,2,3,4,5,6,7.8,9,1");
}

TEST(FormatNumber, WritesNegativeNumbers) {
  EXPECT_EQ(formatted(-6, "000"), "-006");
  EXPECT_EQ(formatted(-6, "x0"), "-x6");
  EXPECT_EQ(formatted(-42, "#;(0.00)"), "(42.00)");
  EXPECT_EQ(formatted(42, "#;(0.00)"), "42");
  EXPECT_EQ(formatted(-0.001, "0.00"), "-0.00");
}

TEST(FormatNumber, WritesHundredthsAndThousandths) {
  EXPECT_EQ(formatted(0.14, "01%"), "14%");
  EXPECT_EQ(formatted(0.4857, "###.###‰"), "485.7‰");
}

TEST(FormatNumber, WritesExponents) {
  EXPECT_EQ(formatted(1234.5678, "00.000e0"), "12.346e2");
  EXPECT_EQ(formatted(1234.5678, "00.000e000"), "12.346e002");
  EXPECT_EQ(formatted(0.234, "0.0e0"), "2.3e-1");
  EXPECT_EQ(formatted(0.234, "#.00e0"), "0.23e0");
  EXPECT_EQ(formatted(0.123, "#.e9"), "0.1e0");
  EXPECT_EQ(formatted(0.234, ".00e0"), ".23e0");
  EXPECT_EQ(formatted(0, "0.00e0"), "0.00e0");
  EXPECT_EQ(formatted(42, "0e0"), "4e1");
  EXPECT_EQ(formatted(-42, "0e0"), "-4e1");
  EXPECT_EQ(formatted(1e-10, "0.0e0"), "1.0e-10");
  EXPECT_EQ(formatted(5e-324, "0e0"), "5e-324");
  EXPECT_EQ(formatted(12, "x0e0"), "x1e1");
}

TEST(FormatNumber, TakesOtherSymbols) {
  EXPECT_EQ(formatted(1234.5678, "①①.①①①e①", {{"zero-digit", "⑟"}}), "①②.③④⑥e②");
  EXPECT_EQ(formatted(2, "AAA.AAA", {{"zero-digit", "A"}}), "AAC.AAA");
  EXPECT_EQ(formatted(0.1, "AeAAA", {{"zero-digit", "A"}}), "Be-AAB");
  EXPECT_EQ(formatted(12345, "#.###,0", {{"decimal-separator", ","}, {"grouping-separator", "."}}),
            "12.345,0");
  EXPECT_EQ(formatted(-5, "0", {{"minus-sign", "~"}}), "~5");
  EXPECT_EQ(formatted(0.5, "0pc", {{"percent", "pc"}}), "50pc");
  EXPECT_EQ(formatted(0.5, "0!", {{"per-mille", "!"}}), "500!");
  EXPECT_EQ(formatted(-5, "*|0", {{"digit", "*"}, {"pattern-separator", "|"}}), "5");
  EXPECT_EQ(formatted(5, "0", {{"grouping-separator", ""}}), "5");
  EXPECT_FALSE(DecimalFormat().set("foo", "bar"));
}

TEST(FormatNumber, NamesWhatIsNoNumber) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(formatted(std::nan(""), "$0"), "NaN");
  EXPECT_EQ(formatted(-infinity, "$0"), "-$Infinity");
  EXPECT_EQ(formatted(infinity, "0", {{"infinity", "∞"}}), "∞");
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

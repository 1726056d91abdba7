#include <gtest/gtest.h>

#include "asl/jsonata/text/date_time.h"

namespace perdure::asl::jsonata::text {
namespace {

constexpr double friday = 1521801216617;  // 2018-03-23T10:33:36.617Z

std::string formatted(double millis, std::string_view picture, std::string_view timezone = {}) {
  const auto out = format_millis(millis, picture, timezone);
  return out ? *out : out.error().code;
}

struct Case {
  double millis;
  std::string_view picture, expected, timezone{};
};
void expect_formatted(std::initializer_list<Case> cases) {
  for (const auto& [millis, picture, expected, timezone] : cases) {
    EXPECT_EQ(formatted(millis, picture, timezone), expected) << millis << " by " << picture;
  }
}

TEST(FormatMillis, WritesIso8601WithoutAPicture) {
  EXPECT_EQ(*format_millis(friday), "2018-03-23T10:33:36.617Z");
  EXPECT_EQ(*format_millis(0, {}, "+0530"), "1970-01-01T05:30:00.000+05:30");
  EXPECT_EQ(*format_millis(0, {}, "-0530"), "1969-12-31T18:30:00.000-05:30");
  EXPECT_EQ(*format_millis(-1e15), "-9719-04-05T22:13:20.000Z");
  EXPECT_EQ(*format_millis(1.7), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(format_millis(1e20).error(), fault("D3110", "100000000000000000000"));
}

TEST(FormatMillis, LeavesLiterals) {
  expect_formatted({{friday, "Hello", "Hello"},
                    {friday, "", ""},
                    {friday, "[[Year: <[Y0001]>", "[Year: <2018>"},
                    {friday, "Year]]: <[Y0001]>", "Year]: <2018>"},
                    {friday, "a]b", "a]b"}});
}

TEST(FormatMillis, WritesNumbersByTheirPictures) {
  expect_formatted({{friday, "[D#1]/[M#1]/[Y0001]", "23/3/2018"},
                    {friday, "[Y]-[ M01]-[D 01]T[H01 ]:[ m   ]:[s].[f0  01][Z01:\n 01t]",
                     "2018-03-23T10:33:36.617Z"},
                    {friday, "[Da] [MA] [Yi] [Yw]", "w C mmxviii two thousand and eighteen"},
                    {friday, "[D1o] [Dwo] [M01]", "23rd twenty-third 03"},
                    {5, "[f] [f01] [f001] [f,2]", "5 05 005 05"},
                    {1546257600000, "[d] days in [Y0001]", "365 days in 2018"},
                    {0, "[H,2] [h,2-3] [H#1]", "00 12 0"}});
}

TEST(FormatMillis, LimitsWidths) {
  expect_formatted(
      {{friday, "[D#1,2]/[M1,2]/[Y,2]", "23/03/18"},
       {friday, "[D#1,2]/[M1,2]/[Y0001,2]", "23/03/2018"},
       {friday, "[Y##01,2-2] [Y0001,2-2] [Y,3-3] [Y9] [Y99]", "18 18 018 2018 18"},
       {friday, "[MN,3-3] [MNn,*-3] [Mn,2] [FNn,3-3] [F,3-3]", "MAR Mar march Fri fri"},
       {friday, "[Yw,2]", "two thousand and eighteen"}});
  EXPECT_EQ(formatted(0, "[D1,999999999999]").size(), 100);
}

TEST(FormatMillis, WritesNames) {
  expect_formatted(
      {{friday, "[FNn], [D1o] [MNn] [Y]", "Friday, 23rd March 2018"},
       {friday, "[F], [MN] [h]:[m]:[s] [P] [PN] [Pn]", "friday, MARCH 10:33:36 am AM am"},
       {1204405500000, "[F] [h]:[m]:[s] [P]", "saturday 9:05:00 pm"},
       {1522616700000, "[F0] [FNn]", "7 Sunday"},
       {0, "[C] [EN]", "ISO ISO"}});
}

TEST(FormatMillis, WritesWeeks) {
  expect_formatted({{1104537600000, "[X0001]-W[W01]-[F1]", "2004-W53-6"},
                    {1483272000000, "Week: [w] of [xNn]", "Week: 5 of December"},
                    {1704067200000, "[X]-[W]-[w]-[x]-[F1]-[d]", "2024-1-1-1-1-1"}});
}

TEST(FormatMillis, WritesTheOffsetFromUtc) {
  expect_formatted(
      {{friday, "[H01]:[m][Z0101t]", "11:33+0100", "+0100"},
       {0, "[Z01:01] [Z01:01t] [z]", "+00:00 Z GMT+00:00"},
       {0, "[Z0] [Z] [z]", "-5 -05:00 GMT-05:00", "-0500"},
       {0, "[Z0] [Z0101] [Z000] [Z0:00] [Z01.01]", "+5:30 +0530 +530 +5:30 +05.30", "+0530"},
       {0, "[H]:[m] [Z0] [Z0101]", "23:30 -0:30 -0030", "-0030"}});
}

TEST(FormatMillis, RefusesBadPictures) {
  EXPECT_EQ(format_millis(0, "[YN]").error(), fault("D3133", json_text("Y")));
  EXPECT_EQ(format_millis(0, "[q]").error(), fault("D3132", json_text("q")));
  EXPECT_EQ(format_millis(0, "[é1]").error(), fault("D3132", json_text("é")));
  EXPECT_EQ(format_millis(0, "[]").error(), fault("D3132", json_text("")));
  EXPECT_EQ(formatted(0, "[YN]-[M"), "D3135");
  EXPECT_EQ(format_millis(0, "[Z010101t]").error(), fault("D3134", "6"));
  expect_formatted({{0, "[ZN]", "D3134"}, {0, "[Dα]", "D3130"}, {0, "[D00０]", "D3131"}});
}

}  // namespace
}  // namespace perdure::asl::jsonata::text

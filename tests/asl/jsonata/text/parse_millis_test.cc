#include <gtest/gtest.h>

#include "asl/jsonata/text/date_time.h"

namespace perdure::asl::jsonata::text {
namespace {

constexpr int64_t now = 1522159380123;  // 2018-03-27T14:03:00.123Z

// What was read, as ISO 8601; "nothing"; or the code of the fault.
std::string read(std::string_view text, std::string_view picture) {
  Budget budget;
  const auto millis = parse_millis(text, picture, now, budget);
  if (!millis) return millis.error().code;
  return *millis ? *format_millis(**millis) : "nothing";
}

std::string read_iso(std::string_view text) {
  const auto millis = parse_iso_millis(text);
  return millis ? *format_millis(*millis) : millis.error().code;
}

struct Iso {
  std::string_view text, expected;
};
void expect_read_iso(std::initializer_list<Iso> cases) {
  for (const auto& [text, expected] : cases) EXPECT_EQ(read_iso(text), expected) << text;
}

struct Pictured {
  std::string_view text, picture, expected;
};
void expect_read(std::initializer_list<Pictured> cases) {
  for (const auto& [text, picture, expected] : cases) {
    EXPECT_EQ(read(text, picture), expected) << text << " by " << picture;
  }
}

TEST(ParseIso, TakesShortenedForms) {
  EXPECT_EQ(*parse_iso_millis("1970-01-01T00:00:00.001Z"), 1);
  expect_read_iso({{"2018", "2018-01-01T00:00:00.000Z"},
                   {"2018-05", "2018-05-01T00:00:00.000Z"},
                   {"2018-05-06", "2018-05-06T00:00:00.000Z"},
                   {"2017-10-30Z", "2017-10-30T00:00:00.000Z"},
                   {"2017T10:00:00Z", "2017-01-01T10:00:00.000Z"},
                   {"2017-10-30T15:28:34", "2017-10-30T15:28:34.000Z"},
                   {"2017-10-30T15:28:34.5", "2017-10-30T15:28:34.500Z"},
                   {"2017-10-30T15:28:34.123456Z", "2017-10-30T15:28:34.123Z"},
                   {"0000-01-01", "0000-01-01T00:00:00.000Z"}});
}

TEST(ParseIso, TakesOffsets) {
  expect_read_iso({{"2017-10-30T15:28:34+01:00", "2017-10-30T14:28:34.000Z"},
                   {"2017-10-30T15:28:34-0130", "2017-10-30T16:58:34.000Z"}});
}

TEST(ParseIso, CountsDaysOnIntoTheNextMonth) {
  expect_read_iso({{"2018-02-31", "2018-03-03T00:00:00.000Z"},
                   {"2017-10-30T24:00:00Z", "2017-10-31T00:00:00.000Z"}});
}

TEST(ParseIso, RefusesTheRest) {
  for (const auto* text :
       {"", "01-02-2018", "2018-02-03 11:15:33", "2017-10-30T15:28Z", "2017-1-1", "2018-13",
        "2017-00-10", "2017-10-32", "2017-10-30T25:00:00Z", "2017-10-30T24:00:01Z",
        "2017-10-30T10:00:60Z", "2017-10-30T10:00:00.Z", "2017-10-30t10:00:00z", "2017-10-10-10",
        "2017+01:00", "2017-10-30T10:00:00+24:00", "2017-10-30T10:00:00Zx", "20170101"}) {
    EXPECT_EQ(parse_iso_millis(text).error(), fault("D3110", json_text(text))) << text;
  }
}

TEST(ParseMillis, ReadsNumbers) {
  expect_read({{"2018", "[Y1]", "2018-01-01T00:00:00.000Z"},
               {"2018-03-27T14:03:00.123Z", "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001]Z",
                "2018-03-27T14:03:00.123Z"},
               {"27th 3 1976", "[D1o] [M#1] [Y0001]", "1976-03-27T00:00:00.000Z"},
               {"ae C mmxviii", "[Da] [MA] [Yi]", "2018-03-31T00:00:00.000Z"},
               {"a.c2018", "a.c[Y]", "2018-01-01T00:00:00.000Z"},
               {"2018 2019", "[Y] [Y]", "2019-01-01T00:00:00.000Z"},
               {"99", "[Y]", "1999-01-01T00:00:00.000Z"}});
}

TEST(ParseMillis, ReadsWords) {
  expect_read({{"nineteen hundred and eighty-four", "[Yw]", "1984-01-01T00:00:00.000Z"},
               {"twenty-seventh April 2008", "[Dw] [MNn] [Y0001]", "2008-04-27T00:00:00.000Z"},
               {"Twentieth of August, two thousand and seventeen", "[DW] of [MNn], [Yw]",
                "2017-08-20T00:00:00.000Z"},
               {"three hundred and sixty-fifth day of 2018", "[dwo] day of [Y]",
                "2018-12-31T00:00:00.000Z"}});
}

TEST(ParseMillis, TakesWidthsWhereNothingStandsBetweenNumbers) {
  expect_read({{"201802", "[Y,*-4][M01]", "2018-02-01T00:00:00.000Z"},
               {"20180205", "[Y0001][M01][D01]", "2018-02-05T00:00:00.000Z"},
               {"20240101123849", "[Y0000][M00][D00][H00][m00][s00]", "2024-01-01T12:38:49.000Z"}});
}

TEST(ParseMillis, ReadsNames) {
  expect_read(
      {{"2 Feb 2012", "[D1] [MNn,3-3] [Y0001]", "2012-02-02T00:00:00.000Z"},
       {"Wednesday, 14th November 2018", "[FNn], [D1o] [MNn] [Y]", "2018-11-14T00:00:00.000Z"},
       {"4/4/2018 06:30 am", "[D1]/[M1]/[Y0001] [h]:[m] [P]", "2018-04-04T06:30:00.000Z"},
       {"4/4/2018 12:06 pm", "[D1]/[M1]/[Y0001] [h]:[m] [P]", "2018-04-04T12:06:00.000Z"},
       {"2018-01-01 12:10 am", "[Y]-[M]-[D] [h]:[m] [P]", "2018-01-01T00:10:00.000Z"}});
}

TEST(ParseMillis, ReadsDaysOfTheYear) {
  expect_read({{"2018-094", "[Y0001]-[d001]", "2018-04-04T00:00:00.000Z"},
               {"2018--180", "[Y]--[d]", "2018-06-29T00:00:00.000Z"}});
}

TEST(ParseMillis, ReadsFractionsOfAnyLength) {
  expect_read(
      {{"2026-04-08T19:05:04.01987", "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f1]",
        "2026-04-08T19:05:04.019Z"},
       {"2018-03-27 10:20:30.5", "[Y]-[M]-[D] [H]:[m]:[s].[f001]", "2018-03-27T10:20:30.500Z"}});
}

TEST(ParseMillis, ReadsOffsets) {
  expect_read(
      {{"2020-09-09 08:00 GMT-05:00", "[Y]-[M]-[D] [H]:[m] [z]", "2020-09-09T13:00:00.000Z"},
       {"2020-09-09 12:00 GMT-5", "[Y]-[M]-[D] [H]:[m] [z01]", "2020-09-09T17:00:00.000Z"},
       {"2020-09-09 12:00 +05:30", "[Y]-[M]-[D] [H]:[m] [Z]", "2020-09-09T06:30:00.000Z"},
       {"2018-01-01 -0130", "[Y]-[M]-[D] [Z0101]", "2018-01-01T01:30:00.000Z"},
       {"2018-01-01 -00:30", "[Y]-[M]-[D] [Z01:01]", "2018-01-01T00:30:00.000Z"}});
}

TEST(ParseMillis, TakesWhatIsNotGivenFromNowOrTheBeginning) {
  expect_read({{"13:45", "[H]:[m]", "2018-03-27T13:45:00.000Z"},
               {"5", "[s]", "2018-03-27T14:03:05.000Z"},
               {"5 10", "[M] [D]", "2018-05-10T00:00:00.000Z"}});
}

TEST(ParseMillis, CountsPartsOnIntoTheNext) {
  expect_read({{"2018-02-31", "[Y]-[M]-[D]", "2018-03-03T00:00:00.000Z"},
               {"2018-01-01 25:61", "[Y]-[M]-[D] [H]:[m]", "2018-01-02T02:01:00.000Z"}});
}

TEST(ParseMillis, IsNothingWhereTheTextDoesNotFit) {
  expect_read({{"Hello", "Hello", "nothing"},
               {"irrelevant", "[Y]-[M]-[D]", "nothing"},
               {"2018-01-01 Z", "[Y]-[M]-[D] [Z01:01t]", "nothing"},
               {"abc2018", "a.c[Y]", "nothing"},
               {"12345678901234567890", "[Y]", "nothing"},
               {"275761", "[Y]", "nothing"},
               {"١٩٨٤", "[Y١]", "nothing"}});
}

TEST(ParseMillis, RefusesGapsAndWeeks) {
  expect_read({{"2018-22", "[Y]-[D]", "D3136"},
               {"5-22 23:59", "[M]-[D] [m]:[s]", "D3136"},
               {"2018 25:61", "[Y] [H]:[m]", "D3136"},
               {"2018-01-01 1:10", "[Y]-[M]-[D] [h]:[m]", "D3136"},
               {"2018-3-2-5", "[X]-[x]-[w]-[F1]", "D3136"},
               {"2018-32-5", "[X]-[W]-[F1]", "D3136"}});
}

TEST(ParseMillis, RefusesBadPictures) {
  expect_read({{"2018-05-22", "[Y]-[M]-[q]", "D3132"},
               {"2018-05-22", "[YN]-[M]-[D]", "D3133"},
               {"ISO 2018", "[C] [Y]", "D3133"},
               {"2018", "[Y", "D3135"},
               {"2018", "[Yα]", "D3130"}});
}

}  // namespace
}  // namespace perdure::asl::jsonata::text

#include "asl/jsonata/text/civil_time.h"

#include <gtest/gtest.h>

#include <ctime>

namespace perdure::asl::jsonata::text {
namespace {

TEST(CivilTime, AgreesWithTheSystemsCalendar) {
  int64_t state = 1;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    // Some two hundred and ninety thousand years to either side.
    const int64_t millis = state / 1024;
    const int64_t seconds = (millis - (millis % 1000 + 1000) % 1000) / 1000;
    const auto moment = static_cast<std::time_t>(seconds);
    std::tm expected{};
    ASSERT_NE(gmtime_r(&moment, &expected), nullptr);
    const CivilTime time = CivilTime::of(millis);
    ASSERT_EQ(time.year, expected.tm_year + 1900) << millis;
    ASSERT_EQ(time.month, expected.tm_mon + 1);
    ASSERT_EQ(time.day, expected.tm_mday);
    ASSERT_EQ(time.day_of_year, expected.tm_yday + 1);
    ASSERT_EQ(time.weekday % 7, expected.tm_wday);
    ASSERT_EQ(time.hour, expected.tm_hour);
    ASSERT_EQ(time.minute, expected.tm_min);
    ASSERT_EQ(time.second, expected.tm_sec);
    ASSERT_EQ(days_of(time.year, time.month, time.day), time.days);
  }
}

TEST(CivilTime, CountsMonthsOnIntoOtherYears) {
  EXPECT_EQ(days_of(1970, 1, 1), 0);
  EXPECT_EQ(days_of(1969, 13, 1), 0);
  EXPECT_EQ(days_of(1971, -11, 1), 0);
  EXPECT_EQ(days_of(2018, 2, 31), days_of(2018, 3, 3));
}

Week week(int64_t year, int64_t month, int64_t day) {
  return week_of_year(CivilTime::of(days_of(year, month, day) * day_ms));
}
Week month_week(int64_t year, int64_t month, int64_t day) {
  return week_of_month(CivilTime::of(days_of(year, month, day) * day_ms));
}

TEST(WeekOfYear, BelongsToTheYearOfItsThursday) {
  EXPECT_EQ(week(2005, 1, 1).year, 2004);
  EXPECT_EQ(week(2005, 1, 1).number, 53);
  EXPECT_EQ(week(2006, 1, 1).number, 52);
  EXPECT_EQ(week(2008, 12, 29).year, 2009);
  EXPECT_EQ(week(2008, 12, 29).number, 1);
  EXPECT_EQ(week(2010, 1, 3).number, 53);
  EXPECT_EQ(week(2010, 1, 4).number, 1);
}

TEST(WeekOfMonth, BelongsToTheMonthOfItsThursday) {
  EXPECT_EQ(month_week(2018, 7, 31).month, 8);
  EXPECT_EQ(month_week(2018, 7, 31).number, 1);
  EXPECT_EQ(month_week(2017, 1, 1).month, 12);
  EXPECT_EQ(month_week(2017, 1, 1).number, 5);
}

}  // namespace
}  // namespace perdure::asl::jsonata::text

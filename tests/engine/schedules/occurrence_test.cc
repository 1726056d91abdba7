#include "engine/schedules/occurrence.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/time.h"

namespace perdure::engine {
namespace {

using Times = std::vector<std::string>;

int64_t ms(std::string_view text) {
  const auto moment = parse_iso8601(text);
  EXPECT_TRUE(moment) << text;
  return moment.value_or(0);
}

// The next `count` moments at which a schedule fires after `after`, as UTC text without fraction.
Times next_times(std::string_view expression, std::string_view after, size_t count,
                 std::string_view zone = "UTC", ScheduleBounds bounds = {}) {
  const auto parsed = parse_schedule_expression(expression);
  EXPECT_TRUE(parsed) << expression;
  Times times;
  if (!parsed) return times;
  int64_t from = ms(after);
  while (times.size() < count) {
    const auto next = next_occurrence(*parsed, from, zone, bounds);
    if (!next) break;
    EXPECT_GT(*next, from);
    from = *next;
    std::string text = iso8601_ms(*next);
    EXPECT_EQ(text.substr(16), ":00.000Z") << text;
    times.push_back(text.substr(0, 16));
  }
  return times;
}

TEST(CronOccurrenceTest, IsStrictlyLater) {
  EXPECT_EQ(next_times("cron(15 10 * * ? *)", "2026-11-21T10:14:59.999Z", 2),
            (Times{"2026-11-21T10:15", "2026-11-22T10:15"}));
  EXPECT_EQ(next_times("cron(15 10 * * ? *)", "2026-11-21T10:15:00Z", 1),
            (Times{"2026-11-22T10:15"}));
}

TEST(CronOccurrenceTest, RunsOverHoursDaysMonthsAndYears) {
  EXPECT_EQ(next_times("cron(0/20 23 * * ? *)", "2026-12-31T23:30:00Z", 3),
            (Times{"2026-12-31T23:40", "2027-01-01T23:00", "2027-01-01T23:20"}));
  EXPECT_EQ(next_times("cron(0 0 1 JAN ? *)", "2026-01-01T00:00:00Z", 2),
            (Times{"2027-01-01T00:00", "2028-01-01T00:00"}));
  EXPECT_EQ(next_times("cron(59 23 31 12 ? *)", "2026-12-31T23:59:00Z", 1),
            (Times{"2027-12-31T23:59"}));
}

TEST(CronOccurrenceTest, WeekdaysOnly) {
  EXPECT_EQ(next_times("cron(0 18 ? * MON-FRI *)", "2026-11-19T18:00:00Z", 3),
            (Times{"2026-11-20T18:00", "2026-11-23T18:00", "2026-11-24T18:00"}));
}

TEST(CronOccurrenceTest, LeapYears) {
  EXPECT_EQ(next_times("cron(0 12 29 2 ? *)", "2026-01-01T00:00:00Z", 2),
            (Times{"2028-02-29T12:00", "2032-02-29T12:00"}));
  EXPECT_EQ(next_times("cron(0 0 29 2 ? 2098-2104)", "2098-01-01T00:00:00Z", 2),
            (Times{"2104-02-29T00:00"}));  // 2100 is no leap year
}

TEST(CronOccurrenceTest, LastDayOfTheMonth) {
  EXPECT_EQ(
      next_times("cron(0 0 L * ? *)", "2028-01-01T00:00:00Z", 4),
      (Times{"2028-01-31T00:00", "2028-02-29T00:00", "2028-03-31T00:00", "2028-04-30T00:00"}));
}

TEST(CronOccurrenceTest, LastWeekdayOfTheMonth) {
  EXPECT_EQ(next_times("cron(0 0 LW * ? *)", "2026-01-01T00:00:00Z", 5),
            (Times{"2026-01-30T00:00", "2026-02-27T00:00", "2026-03-31T00:00", "2026-04-30T00:00",
                   "2026-05-29T00:00"}));
}

TEST(CronOccurrenceTest, WeekdayNearestToADay) {
  // 15 February 2026 is a Sunday, 15 August a Saturday, 15 April a Wednesday.
  EXPECT_EQ(next_times("cron(0 0 15W 2,4,8 ? 2026)", "2026-01-01T00:00:00Z", 9),
            (Times{"2026-02-16T00:00", "2026-04-15T00:00", "2026-08-14T00:00"}));
}

TEST(CronOccurrenceTest, WeekdayNearestToADayStaysInItsMonth) {
  EXPECT_EQ(next_times("cron(0 0 1W 8 ? 2026)", "2026-01-01T00:00:00Z", 9),
            (Times{"2026-08-03T00:00"}));  // the 1st is a Saturday
  EXPECT_EQ(next_times("cron(0 0 31W 5 ? 2026)", "2026-01-01T00:00:00Z", 9),
            (Times{"2026-05-29T00:00"}));  // the 31st is a Sunday
  EXPECT_EQ(next_times("cron(0 0 31W * ? 2026)", "2026-03-31T00:00:00Z", 2),
            (Times{"2026-05-29T00:00", "2026-07-31T00:00"}));  // no 31st, no firing
}

TEST(CronOccurrenceTest, NthWeekdayOfTheMonth) {
  EXPECT_EQ(next_times("cron(0 9 ? * 6#3 *)", "2026-11-01T00:00:00Z", 3),
            (Times{"2026-11-20T09:00", "2026-12-18T09:00", "2027-01-15T09:00"}));
  EXPECT_EQ(next_times("cron(0 9 ? * FRI#2 *)", "2026-11-01T00:00:00Z", 2),
            (Times{"2026-11-13T09:00", "2026-12-11T09:00"}));
  EXPECT_EQ(
      next_times("cron(0 9 ? * SUN#5 2026)", "2026-01-01T00:00:00Z", 9),
      (Times{"2026-03-29T09:00", "2026-05-31T09:00", "2026-08-30T09:00", "2026-11-29T09:00"}));
}

TEST(CronOccurrenceTest, LastSuchWeekdayOfTheMonth) {
  EXPECT_EQ(next_times("cron(0 9 ? * 6L *)", "2026-11-01T00:00:00Z", 2),
            (Times{"2026-11-27T09:00", "2026-12-25T09:00"}));
  EXPECT_EQ(next_times("cron(0 9 ? * L *)", "2026-11-21T09:00:00Z", 1),
            (Times{"2026-11-28T09:00"}));  // every Saturday
}

TEST(CronOccurrenceTest, EndsAfterItsLastYear) {
  EXPECT_EQ(next_times("cron(0 0 1 7 ? 2026-2027)", "2026-11-21T00:00:00Z", 9),
            (Times{"2027-07-01T00:00"}));
}

TEST(CronOccurrenceTest, ThatNeverFiresIsFoundOutQuickly) {
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(next_times("cron(0 0 30 2 ? *)", "1970-01-01T00:00:00Z", 1), Times{});
  EXPECT_EQ(next_times("cron(0 0 ? 2 MON#5 2021-2023)", "2021-01-01T00:00:00Z", 1), Times{});
  EXPECT_EQ(next_times("cron(* * * * ? 2020)", "2026-01-01T00:00:00Z", 1), Times{});
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
}

TEST(CronOccurrenceTest, ReadsTheWallClockOfItsZone) {
  EXPECT_EQ(next_times("cron(0 9 * * ? *)", "2026-03-28T00:00:00Z", 3, "Europe/Berlin"),
            (Times{"2026-03-28T08:00", "2026-03-29T07:00", "2026-03-30T07:00"}));
  EXPECT_EQ(next_times("cron(0 9 * * ? *)", "2026-10-31T00:00:00Z", 3, "America/New_York"),
            (Times{"2026-10-31T13:00", "2026-11-01T14:00", "2026-11-02T14:00"}));
  EXPECT_EQ(next_times("cron(30 0 1 * ? *)", "2026-01-01T00:00:00Z", 1, "Asia/Kolkata"),
            (Times{"2026-01-31T19:00"}));
}

TEST(CronOccurrenceTest, SkipsWhatSpringSkips) {
  EXPECT_EQ(next_times("cron(30 2 * * ? *)", "2026-03-28T00:00:00Z", 2, "Europe/Berlin"),
            (Times{"2026-03-28T01:30", "2026-03-30T00:30"}));
  EXPECT_EQ(next_times("cron(30 2 * * ? *)", "2026-03-07T00:00:00Z", 2, "America/New_York"),
            (Times{"2026-03-07T07:30", "2026-03-09T06:30"}));
  // Neither is a quarter of an hour lost or doubled at the edges of the gap.
  EXPECT_EQ(next_times("cron(0/30 * * * ? *)", "2026-03-29T00:15:00Z", 3, "Europe/Berlin"),
            (Times{"2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30"}));
}

TEST(CronOccurrenceTest, FiresOnceInAutumnsRepeatedHour) {
  EXPECT_EQ(next_times("cron(30 2 * * ? *)", "2026-10-24T12:00:00Z", 2, "Europe/Berlin"),
            (Times{"2026-10-25T00:30", "2026-10-26T01:30"}));
  EXPECT_EQ(next_times("cron(30 1 * * ? *)", "2026-10-31T12:00:00Z", 2, "America/New_York"),
            (Times{"2026-11-01T05:30", "2026-11-02T06:30"}));
  // Asked in the middle of the second pass, when the wall clock shows 02:10 again.
  EXPECT_EQ(next_times("cron(30 2 * * ? *)", "2026-10-25T01:10:00Z", 1, "Europe/Berlin"),
            (Times{"2026-10-26T01:30"}));
  EXPECT_EQ(
      next_times("cron(0/30 * * * ? *)", "2026-10-24T23:45:00Z", 4, "Europe/Berlin"),
      (Times{"2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T02:00", "2026-10-25T02:30"}));
}

TEST(CronOccurrenceTest, StaysBetweenStartAndEnd) {
  const ScheduleBounds bounds{.start_ms = ms("2026-12-01T10:00:00Z"),
                              .end_ms = ms("2026-12-03T10:00:00Z")};
  EXPECT_EQ(next_times("cron(0 10 * * ? *)", "2026-01-01T00:00:00Z", 9, "UTC", bounds),
            (Times{"2026-12-01T10:00", "2026-12-02T10:00", "2026-12-03T10:00"}));
}

TEST(RateOccurrenceTest, CountsFromItsCreation) {
  const ScheduleBounds bounds{.created_ms = ms("2026-11-21T10:02:00Z")};
  EXPECT_EQ(next_times("rate(5 minutes)", "2026-11-21T10:01:59.999Z", 3, "UTC", bounds),
            (Times{"2026-11-21T10:02", "2026-11-21T10:07", "2026-11-21T10:12"}));
  EXPECT_EQ(next_times("rate(5 minutes)", "2027-01-01T00:00:00Z", 1, "UTC", bounds),
            (Times{"2027-01-01T00:02"}));
}

TEST(RateOccurrenceTest, CountsFromItsStartDate) {
  const ScheduleBounds bounds{.created_ms = ms("2026-11-21T10:02:00Z"),
                              .start_ms = ms("2026-11-25T08:00:00Z"),
                              .end_ms = ms("2026-11-25T09:59:00Z")};
  EXPECT_EQ(next_times("rate(1 hour)", "2026-11-21T10:02:00Z", 9, "UTC", bounds),
            (Times{"2026-11-25T08:00", "2026-11-25T09:00"}));
}

TEST(RateOccurrenceTest, ADayIs24HoursThroughAChangeOfTheClocks) {
  const ScheduleBounds bounds{.created_ms = ms("2026-10-24T12:00:00Z")};
  EXPECT_EQ(next_times("rate(1 day)", "2026-10-24T12:00:00Z", 2, "Europe/Berlin", bounds),
            (Times{"2026-10-25T12:00", "2026-10-26T12:00"}));
}

TEST(AtOccurrenceTest, FiresOnceInItsZone) {
  EXPECT_EQ(next_times("at(2026-12-24T18:00:00)", "2026-01-01T00:00:00Z", 9, "Europe/Berlin"),
            (Times{"2026-12-24T17:00"}));
  EXPECT_EQ(next_times("at(2026-12-24T18:00:00)", "2026-12-24T18:00:00Z", 9), Times{});
  const ScheduleBounds bounds{.start_ms = ms("2027-01-01T00:00:00Z"),
                              .end_ms = ms("2026-01-01T00:00:00Z")};
  EXPECT_EQ(next_times("at(2026-12-24T18:00:00)", "2026-01-01T00:00:00Z", 9, "UTC", bounds),
            (Times{"2026-12-24T18:00"}));
}

TEST(AtOccurrenceTest, AtAChangeOfTheClocks) {
  EXPECT_EQ(next_times("at(2026-03-29T02:30:00)", "2026-01-01T00:00:00Z", 9, "Europe/Berlin"),
            Times{});
  EXPECT_EQ(next_times("at(2026-10-25T02:30:00)", "2026-01-01T00:00:00Z", 9, "Europe/Berlin"),
            (Times{"2026-10-25T00:30"}));
}

TEST(TimezoneTest, KnowsTheDatabaseOfThisMachine) {
  for (const char* name : {"UTC", "Europe/Berlin", "America/New_York", "US/Pacific"}) {
    EXPECT_TRUE(is_timezone(name)) << name;
  }
  for (const char* name : {"", "Mars/Olympus", "../etc/passwd", "Europe", "+01:00"}) {
    EXPECT_FALSE(is_timezone(name)) << name;
  }
}

}  // namespace
}  // namespace perdure::engine

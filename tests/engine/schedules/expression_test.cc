#include "engine/schedules/expression.h"

#include <gtest/gtest.h>

#include <string>

namespace perdure::engine {
namespace {

template <class Kind>
Kind parsed(std::string_view text) {
  auto result = parse_schedule_expression(text);
  EXPECT_TRUE(result) << text;
  return result ? std::get<Kind>(*result) : Kind{};
}

TEST(ScheduleExpressionTest, RateCountsMinutesHoursAndDaysOf24Hours) {
  EXPECT_EQ(parsed<RateExpression>("rate(1 minute)").every_ms, 60'000);
  EXPECT_EQ(parsed<RateExpression>("rate(5 minutes)").every_ms, 300'000);
  EXPECT_EQ(parsed<RateExpression>("rate(1 minutes)").every_ms, 60'000);
  EXPECT_EQ(parsed<RateExpression>("rate(5 minute)").every_ms, 300'000);
  EXPECT_EQ(parsed<RateExpression>("rate(1 hour)").every_ms, 3'600'000);
  EXPECT_EQ(parsed<RateExpression>("rate(36 hours)").every_ms, 129'600'000);
  EXPECT_EQ(parsed<RateExpression>("rate(1 day)").every_ms, 86'400'000);
  EXPECT_EQ(parsed<RateExpression>("rate(999999999 days)").every_ms, 999'999'999 * 86'400'000LL);
}

TEST(ScheduleExpressionTest, AtIsAWallClockTime) {
  EXPECT_EQ(parsed<AtExpression>("at(1970-01-02T00:00:01)").local_seconds, 86'401);
  EXPECT_EQ(parsed<AtExpression>("at(2024-02-29T23:59:59)").local_seconds, 1'709'251'199);
}

TEST(ScheduleExpressionTest, CronFieldsBecomeSets) {
  const auto cron = parsed<CronExpression>("cron(0/15 8-18,22 ? JAN-MAR,dec MON-FRI 2026-2027)");
  EXPECT_EQ(cron.minutes.to_ullong(), 1ULL << 0 | 1ULL << 15 | 1ULL << 30 | 1ULL << 45);
  EXPECT_EQ(cron.hours.count(), 12U);
  EXPECT_TRUE(cron.hours.test(22));
  EXPECT_EQ(cron.months.to_string(), "1000000001110");
  EXPECT_EQ(std::get<CronDaysOfWeek>(cron.days).days.to_string(), "01111100");
  EXPECT_EQ(cron.years.count(), 2U);
  EXPECT_TRUE(cron.years.test(2026 - CronExpression::first_year));
}

TEST(ScheduleExpressionTest, RangesMayRunOverTheEnd) {
  const auto cron = parsed<CronExpression>("cron(0 22-2 ? * FRI-MON *)");
  EXPECT_EQ(cron.hours.to_ullong(), 0b1100'0000'0000'0000'0000'0111ULL);
  EXPECT_EQ(std::get<CronDaysOfWeek>(cron.days).days.to_string(), "11000110");
}

TEST(ScheduleExpressionTest, SpecialDays) {
  using Month = CronDaysOfMonth;
  using Week = CronDaysOfWeek;
  const auto month = [](std::string day) {
    return std::get<Month>(parsed<CronExpression>("cron(0 0 " + day + " * ? *)").days);
  };
  const auto week = [](std::string day) {
    return std::get<Week>(parsed<CronExpression>("cron(0 0 ? * " + day + " *)").days);
  };
  EXPECT_TRUE(month("L").last);
  EXPECT_TRUE(month("LW").last_weekday);
  EXPECT_EQ(month("15W").weekday_nearest, 15);
  EXPECT_EQ(week("6#3").nth, std::pair(6, 3));
  EXPECT_EQ(week("FRI#2").nth, std::pair(6, 2));
  EXPECT_EQ(week("6L").last, 6);
  EXPECT_EQ(week("friL").last, 6);
  EXPECT_TRUE(week("L").days.test(7));
}

// Accepted by AWS, as reported for the real service.
TEST(ScheduleExpressionTest, UnusualButValid) {
  for (const char* text : {"cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)", "cron(30-30 13-13 ? * 2,4,6 *)",
                           "cron(1-31/30 1-1 ? * 1,7 *)", "cron(0  10   * * ? *)",
                           "cron(* * * * ? *)", "cron(0 0 31 2 ? *)", "cron(0 0 1 1 ? 2199)"}) {
    EXPECT_TRUE(parse_schedule_expression(text)) << text;
  }
}

class InvalidExpressionTest : public testing::TestWithParam<const char*> {};

TEST_P(InvalidExpressionTest, IsRefusedInTheWordsOfAws) {
  const auto result = parse_schedule_expression(GetParam());
  ASSERT_FALSE(result) << GetParam();
  EXPECT_EQ(result.error(), invalid("ValidationException", "Invalid Schedule Expression " +
                                                               std::string(GetParam()) + "."));
}

// The first block was recorded against the real service.
INSTANTIATE_TEST_SUITE_P(
    Recorded, InvalidExpressionTest,
    testing::Values("cron(0 1 * * * *)", "cron(7 20 * * NOT *)", "cron(INVALID)",
                    "cron(0 dummy ? * MON-FRI *)", "cron(71 8 1 * ? *)", "cron()",
                    "rate(10 seconds)", "rate(10 years)", "rate()", "rate(10)", "rate(10 minutess)",
                    "rate(foo minutes)", "rate(-10 minutes)", "rate( 10 minutes )",
                    " rate(10 minutes)", "at(2021-12-31T23:59:59Z)", "at(2021-12-31)"));
INSTANTIATE_TEST_SUITE_P(Rate, InvalidExpressionTest,
                         testing::Values("", "rate", "rate(5 min)", "rate(0 minutes)",
                                         "rate(1.5 hours)", "rate(5minutes)", "rate(5 minutes",
                                         "rate(5 minutes) ", "Rate(5 minutes)",
                                         "rate(99999999999999999999 days)"));
INSTANTIATE_TEST_SUITE_P(
    Cron, InvalidExpressionTest,
    testing::Values(
        "cron(0 10 ? * ? *)", "cron(0 10 1 * MON *)", "cron(0 10 * * ?)", "cron(0 0 10 * * ? *)",
        "cron(*/60 * * * ? *)", "cron(*/0 * * * ? *)", "cron(0 24 * * ? *)", "cron(60 0 * * ? *)",
        "cron(0 0 0 * ? *)", "cron(0 0 32 * ? *)", "cron(0 0 1 13 ? *)", "cron(0 0 1 0 ? *)",
        "cron(0 0 ? * 8 *)", "cron(0 0 ? * 0 *)", "cron(0 0 ? * 3#6 *)", "cron(0 0 ? * 3#0 *)",
        "cron(0 0 ? * 3#1,6#3 *)", "cron(0 0 ? * #3 *)", "cron(0 0 W * ? *)", "cron(0 0 32W * ? *)",
        "cron(0 0 1 1 ? 1969)", "cron(0 0 1 1 ? 2200)", "cron(0 0 1 1 ? 2027-2026)",
        "cron(1, 0 1 1 ? *)", "cron(1- 0 1 1 ? *)", "cron(-1 0 1 1 ? *)", "cron(? 0 1 1 ? *)",
        "cron(0, 9-18, ?, *, MON-FRI, *)", "cron(0 0 1 FOO ? *)", "cron(+5 0 1 1 ? *)"));
INSTANTIATE_TEST_SUITE_P(At, InvalidExpressionTest,
                         testing::Values("at()", "at(2026-02-29T00:00:00)",
                                         "at(2026-13-01T00:00:00)", "at(2026-00-10T00:00:00)",
                                         "at(2026-01-01T24:00:00)", "at(2026-01-01T00:60:00)",
                                         "at(2026-01-01T00:00:60)", "at(2026-01-01 00:00:00)",
                                         "at(2026-1-1T00:00:00)", "at(2026-01-01T00:00:00.0)"));

}  // namespace
}  // namespace perdure::engine

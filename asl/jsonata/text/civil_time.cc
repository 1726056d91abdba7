#include "asl/jsonata/text/civil_time.h"

namespace perdure::asl::jsonata::text {
namespace {

constexpr int64_t days_of_400_years = 146'097;
// From March 1st of the year 0 to 1970-01-01.
constexpr int64_t days_before_1970 = 719'468;

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Of a year that begins in March, so that its last day is the one that may be missing.
int64_t days_before_month(int64_t months_since_march) { return (153 * months_since_march + 2) / 5; }

int64_t weekday_of(int64_t days) {
  return days + 3 - 7 * floor_div(days + 3, 7) + 1;  // 1970-01-01 was a Thursday.
}

}  // namespace

int64_t days_of(int64_t year, int64_t month, int64_t day) {
  const int64_t months = year * 12 + month - 3;
  const int64_t march_year = floor_div(months, 12);
  const int64_t month_since_march = months - march_year * 12;
  return march_year * 365 + floor_div(march_year, 4) - floor_div(march_year, 100) +
         floor_div(march_year, 400) + days_before_month(month_since_march) + day - 1 -
         days_before_1970;
}

CivilTime CivilTime::of(int64_t millis) {
  CivilTime out;
  out.days = floor_div(millis, day_ms);
  const int64_t in_day = millis - out.days * day_ms;
  out.millisecond = in_day % 1000;
  out.second = in_day / 1000 % 60;
  out.minute = in_day / 60'000 % 60;
  out.hour = in_day / 3'600'000;
  out.weekday = weekday_of(out.days);

  const int64_t days = out.days + days_before_1970;
  const int64_t era = floor_div(days, days_of_400_years);
  const int64_t in_era = days - era * days_of_400_years;
  const int64_t year_of_era = (in_era - in_era / 1460 + in_era / 36'524 - in_era / 146'096) / 365;
  const int64_t in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t since_march = (5 * in_year + 2) / 153;
  out.day = in_year - days_before_month(since_march) + 1;
  out.month = since_march < 10 ? since_march + 3 : since_march - 9;
  out.year = era * 400 + year_of_era + (out.month <= 2 ? 1 : 0);
  out.day_of_year = out.days - days_of(out.year, 1, 1) + 1;
  return out;
}

Week week_of_year(const CivilTime& time) {
  // The Thursday of the week decides.
  const int64_t thursday = time.days + 4 - time.weekday;
  const int64_t year = CivilTime::of(thursday * day_ms).year;
  return {year, 0, (thursday - days_of(year, 1, 1)) / 7 + 1};
}

Week week_of_month(const CivilTime& time) {
  const CivilTime thursday = CivilTime::of((time.days + 4 - time.weekday) * day_ms);
  return {thursday.year, thursday.month, (thursday.day - 1) / 7 + 1};
}

}  // namespace perdure::asl::jsonata::text

#pragma once
// The Gregorian calendar over all of the years that JavaScript's Date has. For asl/jsonata/text.

#include <cstdint>

namespace perdure::asl::jsonata::text {

constexpr int64_t day_ms = 86'400'000;
// The last moment of a Date, in either direction.
constexpr double largest_millis = 8.64e15;

// Days since 1970-01-01. `month` is from 1 and may be any number: month 13 is January of the next
// year.
int64_t days_of(int64_t year, int64_t month, int64_t day);

// A moment's parts, UTC.
struct CivilTime {
  int64_t days = 0;  // since 1970-01-01
  int64_t year = 1970;
  int64_t month = 1;        // 1 to 12
  int64_t day = 1;          // of the month, from 1
  int64_t day_of_year = 1;  // from 1
  int64_t weekday = 4;      // 1 Monday to 7 Sunday
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t millisecond = 0;

  static CivilTime of(int64_t millis);
};

// Weeks begin on Monday and belong to the year (ISO 8601) or month that has their Thursday.
struct Week {
  int64_t year = 0;
  int64_t month = 0;  // only of week_of_month
  int64_t number = 0;
};
Week week_of_year(const CivilTime& time);
Week week_of_month(const CivilTime& time);

}  // namespace perdure::asl::jsonata::text

#pragma once
// EventBridge Scheduler's schedule expressions as values: rate(5 minutes), cron(0 9 ? * MON-FRI *),
// at(2026-12-24T18:00:00). Source: EventBridge Scheduler User Guide, "Schedule types". When they
// fire is occurrence.h's business.

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace perdure::engine {

// Every so many milliseconds, counted from the start: a day is 24 hours, whatever the clocks do.
struct RateExpression {
  int64_t every_ms = 0;
  bool operator==(const RateExpression&) const = default;
};

// Once, at a wall-clock time of the schedule's zone.
struct AtExpression {
  int64_t local_seconds = 0;  // as if the wall clock showed UTC
  bool operator==(const AtExpression&) const = default;
};

struct CronDaysOfMonth {
  std::bitset<32> days;                // 1-31
  bool last = false;                   // L
  bool last_weekday = false;           // LW
  std::optional<int> weekday_nearest;  // 15W: in the same month, Monday to Friday
  bool operator==(const CronDaysOfMonth&) const = default;
};
struct CronDaysOfWeek {
  std::bitset<8> days;                     // 1-7, Sunday is 1
  std::optional<int> last;                 // 6L: the last Friday of the month
  std::optional<std::pair<int, int>> nth;  // 6#3: (day of week, which one of the month)
  bool operator==(const CronDaysOfWeek&) const = default;
};

// At each minute of the wall clock that all fields admit; a set bit n admits the value n. Days are
// given by their place in the month or in the week: the other field was "?".
struct CronExpression {
  static constexpr int first_year = 1970;
  static constexpr int last_year = 2199;

  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<13> months;  // 1-12
  std::bitset<last_year - first_year + 1> years;
  std::variant<CronDaysOfMonth, CronDaysOfWeek> days;
  bool operator==(const CronExpression&) const = default;
};

using ScheduleExpression = std::variant<RateExpression, AtExpression, CronExpression>;

// Error: ValidationException "Invalid Schedule Expression TEXT." (AWS's words, recorded for wrong
// units, missing "?", blanks inside the brackets and the like).
Result<ScheduleExpression> parse_schedule_expression(std::string_view text);

}  // namespace perdure::engine

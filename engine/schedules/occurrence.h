#pragma once
// When a schedule fires. Pure: the only thing read is the system's time zone data (tzdata), whose
// tables end in 2037: later years keep the offset of that year's end.

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/schedules/expression.h"

namespace perdure::engine {

// The bounds of a schedule, UTC milliseconds.
struct ScheduleBounds {
  int64_t created_ms = 0;           // a rate without StartDate counts from here
  std::optional<int64_t> start_ms;  // StartDate: a rate's first firing; nothing fires before it
  std::optional<int64_t> end_ms;    // EndDate: nothing fires after it
};

// Whether `timezone` is a name of the IANA database that this machine knows.
bool is_timezone(std::string_view timezone);

// The first moment later than `after_ms` at which the schedule fires; nothing if it never does
// again. `timezone` must be known (is_timezone).
//  - rate: at its start (StartDate, else creation) and then every so many milliseconds. To learn
//    whether it fires at its very start, ask with `after_ms` just before it.
//  - cron: whole minutes of the zone's wall clock. Those that spring's change skips do not fire,
//    those that autumn's change repeats fire the first time only.
//  - at: once; StartDate and EndDate do not count (as on AWS). A wall-clock time that the zone
//    never had does not fire.
std::optional<int64_t> next_occurrence(const ScheduleExpression& expression, int64_t after_ms,
                                       std::string_view timezone, const ScheduleBounds& bounds);

}  // namespace perdure::engine

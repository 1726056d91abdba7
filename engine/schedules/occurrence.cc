#include "engine/schedules/occurrence.h"

#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace perdure::engine {
namespace {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const date::time_zone* find_zone(std::string_view name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {  // how the library says that there is none
    return nullptr;
  }
}

// The moment at which the zone's wall clock shows `local` for the first time, if it ever does.
std::optional<int64_t> first_moment(const date::time_zone& zone, date::local_seconds local) {
  const date::local_info info = zone.get_info(local);
  if (info.result == date::local_info::nonexistent) return std::nullopt;
  const seconds utc = local.time_since_epoch() - info.first.offset;
  return milliseconds(utc).count();
}

// The days of a month that a cron expression admits: bit d for day d.
std::bitset<32> days_of(const CronDaysOfMonth& wanted, date::year_month month) {
  const unsigned last = unsigned((month / date::last).day());
  const auto weekday = [&](unsigned day) {
    return date::weekday(date::sys_days(month / date::day(day))).c_encoding();  // Sunday is 0
  };
  std::bitset<32> days = wanted.days;
  for (unsigned day = last + 1; day < 32; ++day) days.reset(day);
  if (wanted.last) days.set(last);
  if (wanted.last_weekday) {
    unsigned day = last;
    while (weekday(day) == 0 || weekday(day) == 6) --day;
    days.set(day);
  }
  if (wanted.weekday_nearest && static_cast<unsigned>(*wanted.weekday_nearest) <= last) {
    unsigned day = static_cast<unsigned>(*wanted.weekday_nearest);
    if (weekday(day) == 6)
      day = day == 1 ? 3 : day - 1;  // Saturday: Friday, in this month
    else if (weekday(day) == 0)
      day = day == last ? day - 2 : day + 1;  // Sunday: Monday
    days.set(day);
  }
  return days;
}

std::bitset<32> days_of(const CronDaysOfWeek& wanted, date::year_month month) {
  const unsigned last = unsigned((month / date::last).day());
  const unsigned first_weekday =
      date::weekday(date::sys_days(month / date::day(1))).c_encoding() + 1;  // Sunday is 1
  std::bitset<32> days;
  for (unsigned day = 1; day <= last; ++day) {
    const unsigned weekday = (first_weekday - 1 + day - 1) % 7 + 1;
    const int nth = static_cast<int>((day - 1) / 7 + 1);
    const bool admitted =
        wanted.days.test(weekday) ||
        (wanted.last && static_cast<unsigned>(*wanted.last) == weekday && day + 7 > last) ||
        (wanted.nth && *wanted.nth == std::pair(static_cast<int>(weekday), nth));
    if (admitted) days.set(day);
  }
  return days;
}

template <size_t size>
std::optional<unsigned> next_set(const std::bitset<size>& bits, unsigned from) {
  for (size_t i = from; i < size; ++i) {
    if (bits.test(i)) return static_cast<unsigned>(i);
  }
  return std::nullopt;
}

// The first time of a day that is admitted and not before minute `from` of that day.
std::optional<minutes> next_time_of_day(const CronExpression& cron, int from) {
  auto hour = next_set(cron.hours, static_cast<unsigned>(from / 60));
  if (hour && *hour == static_cast<unsigned>(from / 60)) {
    if (const auto minute = next_set(cron.minutes, static_cast<unsigned>(from % 60))) {
      return minutes(*hour * 60 + *minute);
    }
    hour = next_set(cron.hours, *hour + 1);
  }
  if (!hour) return std::nullopt;
  return minutes(*hour * 60 + *next_set(cron.minutes, 0));
}

// The first wall-clock minute of a month that is admitted and not before `from`.
std::optional<date::local_seconds> next_in_month(const CronExpression& cron, date::year_month month,
                                                 date::local_time<minutes> from) {
  const auto days =
      std::visit([&](const auto& wanted) { return days_of(wanted, month); }, cron.days);
  for (auto day = next_set(days, 1); day; day = next_set(days, *day + 1)) {
    const date::local_days date = date::local_days(month / date::day(*day));
    const minutes passed = from - date;  // how far `from` is into this day
    if (passed >= minutes(24 * 60)) continue;
    const auto time = next_time_of_day(cron, std::max(0, static_cast<int>(passed.count())));
    if (time) return date + *time;
  }
  return std::nullopt;
}

// The first admitted wall-clock minute not before `from`. Ends after the last year that a cron
// expression can name, so one that never fires costs 2,760 months at most.
std::optional<date::local_seconds> next_local(const CronExpression& cron,
                                              date::local_time<minutes> from) {
  const date::year_month_day start(floor<date::days>(from));
  const int start_year = std::max(int(start.year()), CronExpression::first_year);
  for (int year = start_year; year <= CronExpression::last_year; ++year) {
    if (!cron.years.test(static_cast<size_t>(year - CronExpression::first_year))) continue;
    const unsigned first = year == int(start.year()) ? unsigned(start.month()) : 1;
    for (auto month = next_set(cron.months, first); month;
         month = next_set(cron.months, *month + 1)) {
      if (const auto found = next_in_month(cron, date::year(year) / date::month(*month), from)) {
        return found;
      }
    }
  }
  return std::nullopt;
}

std::optional<int64_t> next(const RateExpression& rate, int64_t after_ms, const date::time_zone&,
                            const ScheduleBounds& bounds) {
  const int64_t start = bounds.start_ms.value_or(bounds.created_ms);
  if (after_ms < start) return start;
  return start + ((after_ms - start) / rate.every_ms + 1) * rate.every_ms;
}

std::optional<int64_t> next(const AtExpression& at, int64_t after_ms, const date::time_zone& zone,
                            const ScheduleBounds&) {
  const auto moment = first_moment(zone, date::local_seconds(seconds(at.local_seconds)));
  return moment && *moment > after_ms ? moment : std::nullopt;
}

std::optional<int64_t> next(const CronExpression& cron, int64_t after_ms,
                            const date::time_zone& zone, const ScheduleBounds& bounds) {
  if (bounds.start_ms) after_ms = std::max(after_ms, *bounds.start_ms - 1);
  const date::sys_time<milliseconds> after{milliseconds(after_ms)};
  auto from = floor<minutes>(zone.to_local(after)) + minutes(1);
  // A candidate may be skipped (the wall clock never shows it) or be over (the clock was set back
  // and shows it again); both only near a change of the clocks.
  while (const auto local = next_local(cron, from)) {
    const auto moment = first_moment(zone, *local);
    if (moment && *moment > after_ms) return moment;
    from = floor<minutes>(*local) + minutes(1);
  }
  return std::nullopt;
}

}  // namespace

bool is_timezone(std::string_view timezone) { return find_zone(timezone) != nullptr; }

std::optional<int64_t> next_occurrence(const ScheduleExpression& expression, int64_t after_ms,
                                       std::string_view timezone, const ScheduleBounds& bounds) {
  const date::time_zone* zone = find_zone(timezone);
  PD_ASSERT(zone != nullptr);
  const auto moment =
      std::visit([&](const auto& kind) { return next(kind, after_ms, *zone, bounds); }, expression);
  const bool once = std::holds_alternative<AtExpression>(expression);
  if (moment && !once && bounds.end_ms && *moment > *bounds.end_ms) return std::nullopt;
  return moment;
}

}  // namespace perdure::engine

#include "engine/schedules/expression.h"

#include <date/date.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/schedules/cron_field.h"

namespace perdure::engine {
namespace {

constexpr int64_t minute_ms = 60'000;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// What stands in NAME(...), if the text is of that form and has no blanks at its inner ends.
std::optional<std::string_view> inside(std::string_view text, std::string_view name) {
  if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
  text.remove_prefix(name.size());
  if (!text.starts_with('(')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  if (text.empty() || is_blank(text.front()) || is_blank(text.back())) return std::nullopt;
  return text;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && !is_blank(text[i])) continue;
    if (i > begin) found.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return found;
}

std::optional<ScheduleExpression> parse_rate(std::string_view text) {
  const auto parts = words(text);
  if (parts.size() != 2) return std::nullopt;
  const auto value = parse_number(parts[0]);
  if (!value || *value < 1) return std::nullopt;
  struct Unit {
    std::string_view one, many;
    int64_t ms;
  };
  constexpr Unit units[] = {{"minute", "minutes", minute_ms},
                            {"hour", "hours", 60 * minute_ms},
                            {"day", "days", 24 * 60 * minute_ms}};
  for (const Unit& unit : units) {
    // Unlike the rules of EventBridge, schedules take "1 minutes" too.
    if (parts[1] == unit.one || parts[1] == unit.many) return RateExpression{*value * unit.ms};
  }
  return std::nullopt;
}

// yyyy-mm-ddThh:mm:ss, nothing less and nothing more.
std::optional<ScheduleExpression> parse_at(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";
  if (text.size() != form.size()) return std::nullopt;
  for (size_t i = 0; i < form.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == 'd' ? !digit : text[i] != form[i]) return std::nullopt;
  }
  const auto number = [&](size_t at, size_t size) { return *parse_number(text.substr(at, size)); };
  const date::year_month_day day{date::year(number(0, 4)),
                                 date::month(static_cast<unsigned>(number(5, 2))),
                                 date::day(static_cast<unsigned>(number(8, 2)))};
  const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const int64_t days = date::sys_days(day).time_since_epoch().count();
  return AtExpression{days * 86'400 + hour * 3'600 + minute * 60 + second};
}

template <size_t size>
bool admit(std::string_view text, const CronField& field, int offset, std::bitset<size>& values) {
  const auto parsed = parse_cron_field(text, field);
  if (!parsed) return false;
  for (const int value : *parsed) values.set(static_cast<size_t>(value - offset));
  return true;
}

std::optional<CronDaysOfMonth> parse_days_of_month(std::string_view text) {
  CronDaysOfMonth days;
  if (text == "L") {
    days.last = true;
  } else if (text == "LW") {
    days.last_weekday = true;
  } else if (text.ends_with('W')) {
    days.weekday_nearest =
        parse_cron_value(text.substr(0, text.size() - 1), cron_fields::days_of_month);
    if (!days.weekday_nearest) return std::nullopt;
  } else if (!admit(text, cron_fields::days_of_month, 0, days.days)) {
    return std::nullopt;
  }
  return days;
}

std::optional<CronDaysOfWeek> parse_days_of_week(std::string_view text) {
  const CronField& field = cron_fields::days_of_week;
  CronDaysOfWeek days;
  const size_t hash = text.find('#');
  if (text == "L") {
    days.days.set(7);  // the last day of the week
  } else if (hash != std::string_view::npos) {
    const auto day = parse_cron_value(text.substr(0, hash), field);
    const auto which = parse_number(text.substr(hash + 1));
    if (!day || !which || *which < 1 || *which > 5) return std::nullopt;
    days.nth = {*day, *which};
  } else if (text.ends_with('L')) {
    days.last = parse_cron_value(text.substr(0, text.size() - 1), field);
    if (!days.last) return std::nullopt;
  } else if (!admit(text, field, 0, days.days)) {
    return std::nullopt;
  }
  return days;
}

// A day is given by its place in the month or in the week: "?" in exactly one of the two fields.
bool parse_days(std::string_view of_month, std::string_view of_week, CronExpression& cron) {
  if ((of_month == "?") == (of_week == "?")) return false;
  if (of_week == "?") {
    auto days = parse_days_of_month(of_month);
    if (days) cron.days = *days;
    return days.has_value();
  }
  auto days = parse_days_of_week(of_week);
  if (days) cron.days = *days;
  return days.has_value();
}

std::optional<ScheduleExpression> parse_cron(std::string_view text) {
  const auto fields = words(text);
  if (fields.size() != 6) return std::nullopt;
  CronExpression cron;
  const bool valid = admit(fields[0], cron_fields::minutes, 0, cron.minutes) &&
                     admit(fields[1], cron_fields::hours, 0, cron.hours) &&
                     admit(fields[3], cron_fields::months, 0, cron.months) &&
                     admit(fields[5], cron_fields::years, CronExpression::first_year, cron.years) &&
                     parse_days(fields[2], fields[4], cron);
  if (!valid) return std::nullopt;
  return cron;
}

}  // namespace

Result<ScheduleExpression> parse_schedule_expression(std::string_view text) {
  std::optional<ScheduleExpression> expression;
  if (const auto rate = inside(text, "rate")) {
    expression = parse_rate(*rate);
  } else if (const auto cron = inside(text, "cron")) {
    expression = parse_cron(*cron);
  } else if (const auto at = inside(text, "at")) {
    expression = parse_at(*at);
  }
  if (expression) return *std::move(expression);
  return invalid("ValidationException", "Invalid Schedule Expression " + std::string(text) + ".");
}

}  // namespace perdure::engine

#include "base/time.h"

#include <chrono>
#include <cstdio>

namespace perdure {
namespace {

constexpr int64_t ms_per_day = 86'400'000;

struct TimeOfDay {
  int hour = 0, minute = 0, second = 0, millisecond = 0;

  int64_t ms() const { return ((hour * 60LL + minute) * 60 + second) * 1000 + millisecond; }
};

// Reads a text from left to right; every step says whether the text went on as expected.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `count` decimal digits with a value of at most `highest`.
  bool number(int count, int highest, int& value) {
    if (rest_.size() < static_cast<size_t>(count)) return false;
    value = 0;
    for (int i = 0; i < count; ++i) {
      if (!is_digit(rest_[i])) return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value <= highest;
  }

  // At least one digit; those past the third say nothing about milliseconds.
  bool fraction(int& millisecond) {
    size_t count = 0;
    int weight = 100;
    for (; count < rest_.size() && is_digit(rest_[count]); ++count, weight /= 10) {
      millisecond += (rest_[count] - '0') * weight;
    }
    rest_.remove_prefix(count);
    return count > 0;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  std::string_view rest_;
};

std::optional<int64_t> read_days(Reader& in) {
  int year = 0, month = 0, day = 0;
  const bool shaped = in.number(4, 9999, year) && in.take('-') && in.number(2, 12, month) &&
                      in.take('-') && in.number(2, 31, day);
  if (!shaped) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<int64_t> read_time_of_day_ms(Reader& in) {
  TimeOfDay time;
  if (!in.number(2, 23, time.hour) || !in.take(':') || !in.number(2, 59, time.minute)) {
    return std::nullopt;
  }
  if (!in.take(':')) return time.ms();
  if (!in.number(2, 59, time.second)) return std::nullopt;
  if (in.take('.') && !in.fraction(time.millisecond)) return std::nullopt;
  return time.ms();
}

// Java allows offsets of up to 18 hours, with seconds.
std::optional<int64_t> read_offset_ms(Reader& in) {
  if (in.take('Z') || in.take('z')) return 0;
  const bool east = in.take('+');
  if (!east && !in.take('-')) return std::nullopt;
  TimeOfDay offset;
  if (!in.number(2, 18, offset.hour) || !in.take(':') || !in.number(2, 59, offset.minute)) {
    return std::nullopt;
  }
  if (in.take(':') && !in.number(2, 59, offset.second)) return std::nullopt;
  if (offset.ms() > 18 * 3'600'000LL) return std::nullopt;
  return east ? offset.ms() : -offset.ms();
}

}  // namespace

std::string iso8601_ms(int64_t ms) {
  const int64_t days = (ms >= 0 ? ms : ms - (ms_per_day - 1)) / ms_per_day;
  const int64_t rest = ms - days * ms_per_day;
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(rest / 3'600'000),
                static_cast<int>(rest / 60'000 % 60), static_cast<int>(rest / 1000 % 60),
                static_cast<int>(rest % 1000));
  return text;
}

std::optional<int64_t> parse_iso8601(std::string_view text) {
  Reader in(text);
  const auto days = read_days(in);
  if (!days || (!in.take('T') && !in.take('t'))) return std::nullopt;
  const auto time_ms = read_time_of_day_ms(in);
  if (!time_ms) return std::nullopt;
  const auto offset_ms = read_offset_ms(in);
  if (!offset_ms || !in.at_end()) return std::nullopt;
  return *days * ms_per_day + *time_ms - *offset_ms;
}

}  // namespace perdure

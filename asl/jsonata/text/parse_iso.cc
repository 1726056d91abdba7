// $toMillis of ISO 8601 texts.

#include <algorithm>

#include "asl/jsonata/text/civil_time.h"
#include "asl/jsonata/text/date_time.h"

namespace perdure::asl::jsonata::text {
namespace {

// Takes `count` digits; nothing if there are fewer.
std::optional<int64_t> take_digits(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  int64_t number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// "T15:28:34.123", as milliseconds, taken off; nothing if it is malformed.
std::optional<int64_t> take_time(std::string_view& text) {
  if (!take(text, 'T')) return 0;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  int64_t millisecond = 0;
  if (take(text, '.')) {
    const size_t size = std::min(text.find_first_not_of("0123456789"), text.size());
    if (size == 0) return std::nullopt;
    std::string digits(text.substr(0, std::min<size_t>(size, 3)));
    digits.resize(3, '0');
    std::string_view three = digits;
    millisecond = take_digits(three, 3).value_or(0);
    text.remove_prefix(size);
  }
  if (*minute > 59 || *second > 59) return std::nullopt;
  const int64_t millis = ((*hour * 60 + *minute) * 60 + *second) * 1000 + millisecond;
  if (millis > day_ms) return std::nullopt;  // 24:00:00 is the end of the day.
  return millis;
}

// "Z", "+01:00", "-0130" or nothing, as minutes.
std::optional<int64_t> take_offset(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return 0;
  const int64_t sign = text[0] == '-' ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 60 + *minutes);
}

std::optional<double> parse_iso(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year) return std::nullopt;
  int64_t month = 1;
  int64_t day = 1;
  if (take(text, '-')) {
    const auto given = take_digits(text, 2);
    if (!given || *given < 1 || *given > 12) return std::nullopt;
    month = *given;
    if (take(text, '-')) {
      const auto given_day = take_digits(text, 2);
      if (!given_day || *given_day < 1 || *given_day > 31) return std::nullopt;
      day = *given_day;
    }
  }
  const bool has_time = text.starts_with('T');
  const auto time = take_time(text);
  if (!time || (!has_time && !text.empty() && text != "Z")) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return static_cast<double>(days_of(*year, month, day) * day_ms + *time - *offset * 60'000);
}

}  // namespace

Outcome<double> parse_iso_millis(std::string_view text) {
  if (const auto millis = parse_iso(text)) return *millis;
  return fault("D3110", json_text(text));
}

}  // namespace perdure::asl::jsonata::text

// $fromMillis: a moment as a text.

#include <cmath>
#include <cstdlib>

#include "asl/jsonata/text/civil_time.h"
#include "asl/jsonata/text/date_picture.h"
#include "asl/jsonata/text/date_time.h"
#include "asl/jsonata/text/numbers.h"
#include "asl/jsonata/text/strings.h"
#include "base/result.h"

namespace perdure::asl::jsonata::text {
namespace {

constexpr std::string_view iso_picture = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

// Out of "+0530", "-0500" or a number without a sign. What is none is UTC. (The reference takes
// "-0530" for six hours and a half.)
int64_t offset_minutes(std::string_view timezone) {
  const bool negative = timezone.starts_with('-');
  if (negative || timezone.starts_with('+')) timezone.remove_prefix(1);
  int64_t number = 0;
  for (const char c : timezone.substr(0, 4)) {
    if (c < '0' || c > '9') break;
    number = number * 10 + (c - '0');
  }
  const int64_t minutes = number / 100 * 60 + number % 100;
  return negative ? -minutes : minutes;
}

Outcome<std::string> name_of(const DatePart& part, const CivilTime& time) {
  std::string name;
  if (part.component == 'M') {
    name = month_names[static_cast<size_t>(time.month - 1)];
  } else if (part.component == 'x') {
    name = month_names[static_cast<size_t>(week_of_month(time).month - 1)];
  } else if (part.component == 'F') {
    name = day_names[static_cast<size_t>(time.weekday - 1)];
  } else {
    return fault("D3133", json_text(std::string_view(&part.component, 1)));
  }
  if (part.letter_case == LetterCase::upper) name = uppercase(name);
  if (part.letter_case == LetterCase::lower) name = lowercase(name);
  if (part.max_width && name.size() > *part.max_width) name.resize(*part.max_width);
  return name;
}

int64_t number_of(char component, const CivilTime& time) {
  switch (component) {
    case 'Y':
      return time.year;
    case 'M':
      return time.month;
    case 'D':
      return time.day;
    case 'd':
      return time.day_of_year;
    case 'F':
      return time.weekday;
    case 'W':
      return week_of_year(time).number;
    case 'w':
      return week_of_month(time).number;
    case 'X':
      return week_of_year(time).year;
    case 'x':
      return week_of_month(time).month;
    case 'H':
      return time.hour;
    case 'h':
      return time.hour % 12 == 0 ? 12 : time.hour % 12;
    case 'm':
      return time.minute;
    case 's':
      return time.second;
    default:
      return time.millisecond;
  }
}

Outcome<std::string> timezone_of(const DatePart& part, int64_t minutes) {
  const IntegerPicture& picture = *part.integer;
  const int64_t size = std::abs(minutes);
  const int64_t whole_hours = size / 60;
  const auto together = static_cast<double>(whole_hours * 100 + size % 60);
  const size_t digits = picture.mandatory_digits;
  std::string number;
  if (picture.group_size == 0 && (digits == 1 || digits == 2)) {
    PD_TRY(hours, format_integer(static_cast<double>(whole_hours), picture));
    number = std::move(hours);
    if (size % 60 != 0) number += (size % 60 < 10 ? ":0" : ":") + std::to_string(size % 60);
  } else if (picture.group_size > 0 || digits == 3 || digits == 4) {
    PD_TRY(both, format_integer(together, picture));
    number = std::move(both);
  } else {
    return fault("D3134", std::to_string(digits));
  }
  if (minutes == 0 && part.traditional) return std::string("Z");
  return (part.component == 'z' ? "GMT" : "") + std::string(minutes < 0 ? "-" : "+") + number;
}

Outcome<std::string> text_of(const DatePart& part, const CivilTime& time, int64_t offset) {
  switch (part.component) {
    case 0:
      return part.literal;
    case 'Z':
    case 'z':
      return timezone_of(part, offset);
    case 'P': {
      const bool upper = part.named && part.letter_case == LetterCase::upper;
      return std::string(time.hour < 12 ? upper ? "AM" : "am" : upper ? "PM" : "pm");
    }
    case 'C':
    case 'E':
      return std::string("ISO");
    default:
      break;
  }
  if (part.named) return name_of(part, time);
  auto number = static_cast<double>(number_of(part.component, time));
  if (part.year_digits) number = std::fmod(number, std::pow(10, *part.year_digits));
  return format_integer(number, *part.integer);
}

}  // namespace

Outcome<std::string> format_millis(double millis, std::optional<std::string_view> picture,
                                   std::string_view timezone) {
  PD_TRY(parsed, DatePicture::parse(picture.value_or(iso_picture)));
  const int64_t offset = offset_minutes(timezone);
  const double local = std::trunc(millis) + static_cast<double>(offset) * 60'000;
  if (!(std::fabs(local) <= largest_millis)) return fault("D3110", js_number(millis));
  const CivilTime time = CivilTime::of(static_cast<int64_t>(local));
  std::string out;
  for (const DatePart& part : parsed.parts) {
    PD_TRY(text, text_of(part, time, offset));
    out += text;
  }
  return out;
}

}  // namespace perdure::asl::jsonata::text

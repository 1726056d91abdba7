// $toMillis by a picture.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "asl/jsonata/text/civil_time.h"
#include "asl/jsonata/text/date_picture.h"
#include "asl/jsonata/text/date_time.h"
#include "asl/jsonata/text/regex.h"
#include "base/result.h"

namespace perdure::asl::jsonata::text {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
// Numbers past it name no moment, whatever their component is.
constexpr double largest_number = 1e13;

// What the text says, by component. A name that is none is there without a value.
using Components = std::map<char, std::optional<double>>;

std::string quoted(std::string_view literal) {
  std::string out;
  for (const char c : literal) {
    if (std::string_view(".*+?^${}()|[]\\/").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// The separator between hours and minutes, which a picture for UTC's offset may have.
std::string_view offset_separator(const DatePart& part) {
  return part.integer->group_size > 0 ? part.integer->separators[0].character : std::string_view();
}

bool is_offset(const DatePart& part) { return part.component == 'Z' || part.component == 'z'; }

Outcome<std::string> regex_of(const DatePart& part) {
  if (part.component == 0) return quoted(part.literal);
  if (is_offset(part)) {
    std::string regex = part.component == 'z' ? "GMT[-+][0-9]+" : "[-+][0-9]+";
    const std::string_view separator = offset_separator(part);
    if (!separator.empty()) regex += quoted(separator) + "[0-9]+";
    return regex;
  }
  if (part.integer) return integer_regex(*part.integer);
  if (std::string_view("MxFP").find(part.component) == std::string_view::npos) {
    return fault("D3133", json_text(std::string_view(&part.component, 1)));
  }
  return std::string("[a-zA-Z]+");
}

double number_of(std::string_view digits) {
  double number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

// Minutes of "GMT+01:30", "-0130", "+1".
double parse_offset(std::string_view text, const DatePart& part) {
  if (part.component == 'z') text.remove_prefix(3);
  const double sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const std::string_view separator = offset_separator(part);
  if (!separator.empty()) {
    const size_t at = text.find(separator);
    const double minutes = number_of(text.substr(at + separator.size()));
    return sign * (number_of(text.substr(0, at)) * 60 + minutes);
  }
  if (text.size() <= 2) return sign * number_of(text) * 60;
  return sign * (number_of(text.substr(0, 2)) * 60 + number_of(text.substr(2)));
}

template <size_t n>
std::optional<double> find_name(std::string_view text, const std::array<std::string_view, n>& names,
                                size_t width) {
  for (size_t i = 0; i < n; ++i) {
    if (text == names[i].substr(0, width)) return static_cast<double>(i + 1);
  }
  return std::nullopt;
}

std::optional<double> parse_name(std::string_view text, const DatePart& part) {
  const size_t width = part.max_width.value_or(0) == 0 ? text.npos : *part.max_width;
  if (part.component == 'F') return find_name(text, day_names, width);
  if (part.component != 'P') return find_name(text, month_names, width);
  if (text == "am" || text == "AM") return 0;
  if (text == "pm" || text == "PM") return 1;
  return std::nullopt;
}

Outcome<std::optional<double>> value_of(std::string_view text, const DatePart& part) {
  if (is_offset(part)) return std::optional<double>(parse_offset(text, part));
  if (!part.integer) return parse_name(text, part);
  if (part.component == 'f' && part.integer->form == IntegerPicture::Form::decimal) {
    // Digits behind the point: ".5" is half a second.
    std::string digits(text.substr(0, 3));
    digits.resize(3, '0');
    return std::optional<double>(number_of(digits));
  }
  PD_TRY(number, parse_integer(text, *part.integer));
  return std::optional<double>(number);
}

// Nothing where the text does not fit the picture.
Outcome<std::optional<Components>> read_components(std::string_view text,
                                                   const DatePicture& picture, Budget& budget) {
  std::string pattern = "^";
  for (const DatePart& part : picture.parts) {
    PD_TRY(regex, regex_of(part));
    pattern += "(" + regex + ")";
  }
  PD_TRY(regex, Regex::compile(pattern + "$", "i"));
  PD_TRY(match, RegexSearch(regex, text, budget).next());
  if (!match) return std::optional<Components>();
  Components out;
  for (size_t i = 0; i < picture.parts.size(); ++i) {
    const DatePart& part = picture.parts[i];
    if (part.component == 0) continue;
    PD_TRY(value, value_of(match->groups[i].value_or(""), part));
    out[part.component] = value;
  }
  return std::optional<Components>(std::move(out));
}

bool has(const Components& components, char component) {
  const auto found = components.find(component);
  return found != components.end() && found->second.value_or(0) != 0 && !std::isnan(*found->second);
}

// Whether at least one of `wanted` is there and none of the rest of `all`.
bool only(const Components& components, std::string_view all, std::string_view wanted) {
  bool any = false;
  for (const char component : all) {
    if (!has(components, component)) continue;
    if (wanted.find(component) == wanted.npos) return false;
    any = true;
  }
  return any;
}

double current(char component, const CivilTime& now) {
  switch (component) {
    case 'Y':
      return static_cast<double>(now.year);
    case 'M':
      return static_cast<double>(now.month);
    case 'D':
      return static_cast<double>(now.day);
    case 'H':
      return static_cast<double>(now.hour);
    case 'h':
      return static_cast<double>(now.hour % 12 == 0 ? 12 : now.hour % 12);
    case 'm':
      return static_cast<double>(now.minute);
    case 's':
      return static_cast<double>(now.second);
    case 'f':
      return static_cast<double>(now.millisecond);
    default:
      return 0;
  }
}

// What stands before the first component that is given is that of now, what stands behind the last
// one is the smallest there is. A gap between them is a fault.
Outcome<bool> complete(Components& components, std::string_view order, const CivilTime& now) {
  bool begun = false;
  bool ended = false;
  for (const char component : order) {
    auto& value = components[component];
    if (value) {
      begun = true;
      if (ended) return fault("D3136");
    } else if (begun) {
      value = component == 'M' || component == 'D' || component == 'd' ? 1 : 0;
      ended = true;
    } else {
      value = current(component, now);
    }
  }
  return true;
}

// Date.UTC: parts out of their range count on in the next larger one; years below 100 are of the
// 20th century. Nothing outside of the range of a Date.
std::optional<double> moment_of(double year, double month, double day, double day_millis) {
  if (!(std::fabs(year) < 400'000) || !(std::fabs(month) < largest_number) ||
      !(std::fabs(day) < largest_number) || !(std::fabs(day_millis) < 1e17)) {
    return std::nullopt;
  }
  if (year >= 0 && year < 100) year += 1900;
  const int64_t first = days_of(static_cast<int64_t>(year), static_cast<int64_t>(month), 1);
  const double millis =
      (static_cast<double>(first) + day - 1) * static_cast<double>(day_ms) + day_millis;
  if (!(std::fabs(millis) <= largest_millis)) return std::nullopt;
  return millis;
}

Outcome<std::optional<double>> resolve(Components components, const CivilTime& now) {
  constexpr std::string_view dates = "YXMxWwdD";
  constexpr std::string_view times = "PHhmsf";
  const bool by_day_of_year = !only(components, dates, "YMD") && only(components, dates, "Yd");
  // Dates by their weeks are known, but not supported.
  if (only(components, dates, "Xxw") || only(components, dates, "XW")) return fault("D3136");
  const bool half_day = !only(components, times, "Hmsf") && only(components, times, "Phmsf");

  std::string order = by_day_of_year ? "YD" : "YMD";
  order += half_day ? "Phmsf" : "Hmsf";
  PD_CHECK(complete(components, order, now));

  const auto value = [&](char component) { return components[component].value_or(nan); };
  double hour = value(half_day ? 'h' : 'H');
  if (half_day && hour == 12) hour = 0;
  if (half_day && value('P') == 1) hour += 12;
  const double day_millis = ((hour * 60 + value('m')) * 60 + value('s')) * 1000 + value('f');
  const double month = by_day_of_year ? 1 : std::max(value('M'), 1.0);
  const double day = value(by_day_of_year ? 'd' : 'D');
  auto moment = moment_of(value('Y'), month, day, day_millis);
  if (!moment) return moment;
  const double offset = has(components, 'Z') ? value('Z') : has(components, 'z') ? value('z') : 0;
  return std::optional<double>(*moment - offset * 60'000);
}

}  // namespace

Outcome<std::optional<double>> parse_millis(std::string_view text, std::string_view picture,
                                            int64_t now_ms, Budget& budget) {
  PD_TRY(parsed, DatePicture::parse(picture));
  PD_TRY(components, read_components(text, parsed, budget));
  if (!components || components->empty()) return std::optional<double>();
  return resolve(std::move(*components), CivilTime::of(now_ms));
}

}  // namespace perdure::asl::jsonata::text

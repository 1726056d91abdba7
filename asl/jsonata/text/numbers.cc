#include "asl/jsonata/text/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

namespace perdure::asl::jsonata::text {
namespace {

// Every double as texts has at most 17 significant digits, with sign, point and exponent.
using Room = std::array<char, 32>;

std::string_view shortest(double d, Room& room) {
  const auto form = std::chars_format::scientific;
  const auto end = std::to_chars(room.data(), room.data() + room.size(), d, form).ptr;
  return {room.data(), static_cast<size_t>(end - room.data())};
}

// Of what shortest() wrote: the exponent behind the `e` at `e`.
int exponent_at(std::string_view text, size_t e) {
  const size_t sign = text[e + 1] == '+' ? 1 : 0;
  int exponent = 0;
  std::from_chars(text.data() + e + 1 + sign, text.data() + text.size(), exponent);
  return exponent;
}

double read(std::string_view text) {
  // from_chars leaves the value alone when it is out of range, which strtod does not.
  const std::string copy(text);
  return std::strtod(copy.c_str(), nullptr);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

size_t digits_at(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

// -?digits[.digits][e[+-]digits], leading zeros allowed.
bool is_decimal(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const size_t whole = digits_at(text, at);
  if (whole == 0) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const size_t fraction = digits_at(text, at + 1);
    if (fraction == 0) return false;
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t exponent = digits_at(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 36;
}

// 16, 8 or 2 for the letter behind the 0, or 0.
int radix_of(char letter) {
  switch (letter) {
    case 'x':
    case 'X':
      return 16;
    case 'o':
    case 'O':
      return 8;
    case 'b':
    case 'B':
      return 2;
    default:
      return 0;
  }
}

// Whether "0x1" or its like begins at `at`.
int radix_at(std::string_view text, size_t at) {
  if (text.size() - at < 3 || text[at] != '0') return 0;
  const int radix = radix_of(text[at + 1]);
  return digit_value(text[at + 2]) < radix ? radix : 0;
}

// The reference looks for a hexadecimal number at the beginning, an octal one anywhere and a binary
// one at the end, then reads the whole text, which may fail.
bool seems_radix_number(std::string_view text) {
  if (radix_at(text, 0) == 16) return true;
  for (size_t at = 0; at < text.size(); ++at) {
    const int radix = radix_at(text, at);
    if (radix == 8) return true;
    if (radix == 2 && text.find_first_not_of("01", at + 2) == text.npos) return true;
  }
  return false;
}

double parse_radix_number(std::string_view text) {
  const int radix = radix_at(text, 0);
  if (radix == 0) return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  for (const char c : text.substr(2)) {
    if (digit_value(c) >= radix) return std::numeric_limits<double>::quiet_NaN();
    value = value * radix + digit_value(c);
  }
  return value;
}

// The point `places` further to the right, without the error of a multiplication by a power of 10.
double shifted(double d, double places) {
  if (!std::isfinite(d)) return d;
  Room room;
  const std::string_view text = shortest(d, room);
  const size_t e = text.find('e');
  const double exponent = exponent_at(text, e) + places;
  // Out of a double's range by far, whatever the digits are.
  const int bounded = static_cast<int>(std::clamp(exponent, -2000.0, 2000.0));
  return read(std::string(text.substr(0, e)) + "e" + std::to_string(bounded));
}

// All digits of a whole number, also those past 2^53: what a double holds is exact.
std::string whole_digits(double number, uint32_t base) {
  int exponent = 0;
  auto significand = static_cast<uint64_t>(std::ldexp(std::frexp(number, &exponent), 53));
  exponent -= 53;
  if (exponent < 0) {
    significand >>= -exponent;
    exponent = 0;
  }
  // The number as 32-bit limbs, the lowest first: the significand shifted to its place.
  std::vector<uint32_t> limbs(static_cast<size_t>(exponent) / 32 + 3);
  for (int bit = 0; bit < 64; ++bit) {
    const auto place = static_cast<size_t>(exponent + bit);
    if ((significand >> bit & 1) != 0) limbs[place / 32] |= 1u << place % 32;
  }
  static constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string reversed;
  while (!limbs.empty()) {
    uint64_t rest = 0;
    for (size_t i = limbs.size(); i-- > 0;) {
      const uint64_t part = rest << 32 | limbs[i];
      limbs[i] = static_cast<uint32_t>(part / base);
      rest = part % base;
    }
    reversed += letters[rest];
    while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
  }
  return {reversed.rbegin(), reversed.rend()};
}

// Math.round: half up.
double rounded_half_up(double d) {
  const double below = std::floor(d);
  return d - below >= 0.5 ? below + 1 : below;
}

}  // namespace

void append_js_number(double d, std::string& out) {
  if (d == 0) {
    out += '0';
    return;
  }
  if (std::isnan(d)) {
    out += "NaN";
    return;
  }
  if (std::signbit(d)) out += '-';
  if (std::isinf(d)) {
    out += "Infinity";
    return;
  }
  Room room;
  const std::string_view text = shortest(std::fabs(d), room);  // d[.ddd]e±xx
  const size_t e = text.find('e');
  const int exponent = exponent_at(text, e);
  const std::string_view fraction = e > 1 ? text.substr(2, e - 2) : std::string_view();
  const int places = static_cast<int>(fraction.size());
  if (exponent >= 21 || exponent < -6) {
    out += text.substr(0, e);
    out += exponent < 0 ? "e-" : "e+";
    out += std::to_string(std::abs(exponent));
  } else if (exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-exponent - 1), '0');
    out += text[0];
    out += fraction;
  } else {
    out += text[0];
    out += fraction.substr(0, static_cast<size_t>(std::min(exponent, places)));
    if (places > exponent) {
      out += '.';
      out += fraction.substr(static_cast<size_t>(exponent));
    } else {
      out.append(static_cast<size_t>(exponent - places), '0');
    }
  }
}

std::string js_number(double d) {
  std::string out;
  append_js_number(d, out);
  return out;
}

void append_number(double d, std::string& out) {
  if (!std::isfinite(d) || d == std::trunc(d)) return append_js_number(d, out);
  Room room;
  const auto form = std::chars_format::scientific;
  const auto end = std::to_chars(room.data(), room.data() + room.size(), d, form, 14).ptr;
  append_js_number(read({room.data(), static_cast<size_t>(end - room.data())}), out);
}

std::string number_text(double d) {
  std::string out;
  append_number(d, out);
  return out;
}

Outcome<double> parse_number(std::string_view text) {
  if (is_decimal(text)) {
    const double value = read(text);
    if (std::isfinite(value)) return value;
  } else if (seems_radix_number(text)) {
    return parse_radix_number(text);
  }
  return fault("D3030", json_text(text));
}

Outcome<std::string> format_base(double number, double radix) {
  const double whole = round_half_even(number);
  const double base = round_half_even(radix);
  if (!(base >= 2 && base <= 36)) return fault("D3100", js_number(base));
  if (base == 10 || !std::isfinite(whole)) return js_number(whole);
  const std::string digits = whole_digits(std::fabs(whole), static_cast<uint32_t>(base));
  return (whole < 0 ? "-" : "") + digits;
}

double round_half_even(double number, int precision) {
  const double moved = precision == 0 ? number : shifted(number, precision);
  if (!std::isfinite(moved)) return number;  // It has no digits there.
  double result = rounded_half_up(moved);
  if (std::fabs(result - moved) == 0.5 && std::fabs(std::fmod(result, 2)) == 1) result -= 1;
  if (precision != 0) result = shifted(result, -static_cast<double>(precision));
  return result == 0 ? 0 : result;
}

Outcome<double> power(double base, double exponent) {
  // Of 1 and -1 C makes 1 where JavaScript has no number.
  const bool none = std::isnan(exponent) || (std::fabs(base) == 1 && std::isinf(exponent));
  const double result = std::pow(base, exponent);
  if (!none && std::isfinite(result)) return result;
  Fault out = fault("D3061", js_number(base));
  out.value2 = js_number(exponent);
  return out;
}

Outcome<double> square_root(double number) {
  if (number < 0) return fault("D3060", js_number(number));
  return std::sqrt(number);
}

}  // namespace perdure::asl::jsonata::text

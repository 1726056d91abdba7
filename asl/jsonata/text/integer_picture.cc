#include "asl/jsonata/text/integer_picture.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "asl/jsonata/text/format_integer.h"
#include "asl/jsonata/text/integer_words.h"
#include "asl/jsonata/text/numbers.h"
#include "asl/jsonata/text/strings.h"
#include "asl/value/utf8.h"
#include "base/result.h"

namespace perdure::asl::jsonata::text {
namespace {

using Form = IntegerPicture::Form;

// The zeros of the digit families that pictures may use.
constexpr auto zeros = std::to_array<uint32_t>(
    {0x30,   0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
     0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0,
     0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
     0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10});

// What a roman numeral may be at most: each thousand is a letter.
constexpr double largest_roman = 1e7;

// The zero of the family, or 0 for what is no digit.
uint32_t zero_of(uint32_t code) {
  const auto* const above = std::ranges::upper_bound(zeros, code);
  if (above == zeros.begin() || code > *(above - 1) + 9) return 0;
  return *(above - 1);
}

std::vector<CodePoint> reversed_characters(std::string_view text) {
  std::vector<CodePoint> out;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; at += out.back().bytes) {
    out.push_back(decode_utf8(at, end));
  }
  std::ranges::reverse(out);
  return out;
}

// The distance of separators that are all the same and stand at each multiple of it, or 0.
size_t regular_distance(const std::vector<IntegerPicture::Separator>& separators) {
  size_t divisor = 0;
  for (const auto& separator : separators) {
    if (separator.character != separators[0].character) return 0;
    divisor = std::gcd(divisor, separator.position);
  }
  if (divisor == 0) return 0;
  // They are in order, so that each must be the next multiple.
  for (size_t i = 0; i < separators.size(); ++i) {
    if (separators[i].position != (i + 1) * divisor) return 0;
  }
  return divisor;
}

Outcome<bool> parse_decimal(std::string_view picture, IntegerPicture& out) {
  size_t position = 0;
  for (const CodePoint point : reversed_characters(picture)) {
    if (const uint32_t zero = zero_of(point.code); zero != 0) {
      if (out.mandatory_digits > 0 && out.zero != zero) return fault("D3131");
      out.zero = zero;
      ++out.mandatory_digits;
      ++position;
    } else if (point.code == '#') {
      ++out.optional_digits;
      ++position;
    } else {
      out.separators.push_back({position, {}});
      append_utf8(point.code, out.separators.back().character);
    }
  }
  out.group_size = regular_distance(out.separators);
  return out.mandatory_digits > 0;
}

Fault no_sequence(const IntegerPicture& picture) {
  return fault("D3130", json_text(picture.token));
}

std::string in_case(std::string_view text, LetterCase letter_case) {
  if (letter_case == LetterCase::lower) return lowercase(text);
  return letter_case == LetterCase::upper ? uppercase(text) : std::string(text);
}

std::string_view ordinal_suffix(std::string_view digits) {
  const size_t size = digits.size();
  if (size > 1 && digits[size - 2] == '1') return "th";
  switch (digits.back()) {
    case '1':
      return "st";
    case '2':
      return "nd";
    case '3':
      return "rd";
    default:
      return "th";
  }
}

std::string plain_digits(double whole, size_t at_least) {
  std::string digits;
  if (whole < 1e21) {
    append_js_number(whole, digits);
  } else {
    std::array<char, 400> room{};
    const auto form = std::chars_format::fixed;
    const auto end = std::to_chars(room.data(), room.data() + room.size(), whole, form).ptr;
    digits.assign(room.data(), end);
  }
  if (digits.size() < at_least) digits.insert(0, at_least - digits.size(), '0');
  return digits;
}

// What stands between digits where `position` of them follow.
void append_separators(const IntegerPicture& picture, size_t position, std::string& out) {
  if (picture.group_size > 0) {
    if (position % picture.group_size == 0) out += picture.separators[0].character;
    return;
  }
  for (size_t i = picture.separators.size(); i-- > 0;) {
    if (picture.separators[i].position == position) out += picture.separators[i].character;
  }
}

std::string decimal_of(double whole, const IntegerPicture& picture) {
  const std::string digits = plain_digits(whole, picture.mandatory_digits);
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0) append_separators(picture, digits.size() - i, out);
    append_utf8(picture.zero + static_cast<uint32_t>(digits[i] - '0'), out);
  }
  if (picture.group_size == 0) append_separators(picture, 0, out);
  if (picture.ordinal) out += ordinal_suffix(digits);
  return out;
}

// parseInt: what follows the digits does not matter.
double leading_integer(std::string_view text) {
  while (!text.empty() && (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r'))) {
    text.remove_prefix(1);
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const size_t size = std::min(text.find_first_not_of("0123456789"), text.size());
  if (size == 0) return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + size, value);
  if (read.ec != std::errc()) value = std::numeric_limits<double>::infinity();
  return negative ? -value : value;
}

double parse_decimal_text(std::string_view text, const IntegerPicture& picture) {
  if (picture.ordinal) text.remove_suffix(std::min<size_t>(text.size(), 2));
  std::string digits(text);
  for (const auto& separator : picture.separators) {
    digits = replace(digits, separator.character, "");
  }
  if (picture.zero == '0') return leading_integer(digits);
  std::string plain;
  const char* const end = digits.data() + digits.size();
  for (const char* at = digits.data(); at < end;) {
    const CodePoint point = decode_utf8(at, end);
    const bool in_family = point.code >= picture.zero && point.code <= picture.zero + 9;
    plain += in_family ? static_cast<char>('0' + point.code - picture.zero) : '?';
    at += point.bytes;
  }
  return leading_integer(plain);
}

}  // namespace

Outcome<IntegerPicture> IntegerPicture::parse(std::string_view picture) {
  IntegerPicture out;
  const size_t semicolon = picture.rfind(';');
  const std::string_view form = picture.substr(0, semicolon);
  out.ordinal = semicolon != picture.npos && picture.substr(semicolon + 1).starts_with('o');
  if (form == "A" || form == "a") {
    out.form = Form::letters;
  } else if (form == "I" || form == "i") {
    out.form = Form::roman;
  } else if (form == "W" || form == "w" || form == "Ww") {
    out.form = Form::words;
  } else {
    PD_TRY(has_digits, parse_decimal(form, out));
    out.form = has_digits ? Form::decimal : Form::sequence;
    if (!has_digits) out.token = form;
    return out;
  }
  if (form == "A" || form == "I" || form == "W") out.letter_case = LetterCase::upper;
  if (form == "Ww") out.letter_case = LetterCase::title;
  return out;
}

Outcome<std::string> format_integer(double whole, const IntegerPicture& picture) {
  if (picture.form == Form::sequence) return no_sequence(picture);
  if (!std::isfinite(whole)) return js_number(whole);
  const double number = std::fabs(whole);
  std::string out = whole < 0 ? "-" : "";
  switch (picture.form) {
    case Form::letters:
      return out + letters_of(number, picture.letter_case == LetterCase::upper ? 'A' : 'a');
    case Form::roman:
      if (number > largest_roman) return fault("D1001", js_number(whole));
      return out + in_case(roman_of(number), picture.letter_case);
    case Form::words:
      return out + in_case(words_of(number, picture.ordinal), picture.letter_case);
    default:
      return out + decimal_of(number, picture);
  }
}

Outcome<double> parse_integer(std::string_view text, const IntegerPicture& picture) {
  switch (picture.form) {
    case Form::letters:
      return number_of_letters(text, picture.letter_case == LetterCase::upper ? 'A' : 'a');
    case Form::roman:
      return number_of_roman(text);
    case Form::words:
      return number_of_words(lowercase(text));
    case Form::decimal:
      return parse_decimal_text(text, picture);
    default:
      return no_sequence(picture);
  }
}

Outcome<std::string> integer_regex(const IntegerPicture& picture) {
  switch (picture.form) {
    case Form::letters:
      return std::string("[a-z]+");
    case Form::roman:
      return std::string("[mdclxvi]+");
    case Form::words:
      return "(?:" + words_regex() + "|and|[\\-, ])+";
    case Form::decimal: {
      const size_t width = picture.parse_width;
      std::string regex = width == 0 ? "[0-9]+" : "[0-9]{" + std::to_string(width) + "}";
      if (picture.ordinal) regex += "(?:th|st|nd|rd)";
      return regex;
    }
    default:
      return no_sequence(picture);
  }
}

Outcome<std::string> format_integer(double number, std::string_view picture) {
  PD_TRY(parsed, IntegerPicture::parse(picture));
  return format_integer(std::floor(number), parsed);
}

Outcome<double> parse_integer(std::string_view text, std::string_view picture) {
  PD_TRY(parsed, IntegerPicture::parse(picture));
  return parse_integer(text, parsed);
}

}  // namespace perdure::asl::jsonata::text

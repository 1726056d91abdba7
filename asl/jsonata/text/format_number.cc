#include "asl/jsonata/text/format_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <vector>

#include "asl/jsonata/text/numbers.h"
#include "asl/value/utf8.h"
#include "base/result.h"

namespace perdure::asl::jsonata::text {
namespace {

// No double has more digits behind its point that say something.
constexpr size_t largest_fraction = 1100;

std::u32string characters_of(std::string_view text) {
  std::u32string out;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const CodePoint point = decode_utf8(at, end);
    out += static_cast<char32_t>(point.code);
    at += point.bytes;
  }
  return out;
}

std::string text_of(std::u32string_view characters) {
  std::string out;
  for (const char32_t c : characters) append_utf8(c, out);
  return out;
}

// The first character, or one that no picture has.
char32_t character_of(std::string_view text) {
  return text.empty() ? char32_t{0xffffffff} : decode_utf8(text.data(), &*text.end()).code;
}

// What the characters of pictures mean.
struct Symbols {
  char32_t decimal_separator, grouping_separator, exponent_separator, zero, digit;
  std::u32string percent, per_mille;

  explicit Symbols(const DecimalFormat& format)
      : decimal_separator(character_of(format.decimal_separator)),
        grouping_separator(character_of(format.grouping_separator)),
        exponent_separator(character_of(format.exponent_separator)),
        zero(character_of(format.zero_digit)),
        digit(character_of(format.digit)),
        percent(characters_of(format.percent)),
        per_mille(characters_of(format.per_mille)) {}

  bool in_family(char32_t c) const { return c >= zero && c - zero < 10; }
  bool is_place(char32_t c) const { return in_family(c) || c == digit; }
  // Active, and not only where it separates an exponent.
  bool is_bound(char32_t c) const {
    return is_place(c) || c == decimal_separator || c == grouping_separator;
  }
  bool is_active(char32_t c) const { return is_bound(c) || c == exponent_separator; }

  size_t family(std::u32string_view part) const {
    return static_cast<size_t>(
        std::ranges::count_if(part, [this](char32_t c) { return in_family(c); }));
  }
  size_t places(std::u32string_view part) const {
    return static_cast<size_t>(
        std::ranges::count_if(part, [this](char32_t c) { return is_place(c); }));
  }
};

// A sub-picture in its parts.
struct SubPicture {
  std::u32string whole, prefix, active, suffix;
  std::u32string mantissa, integer, fraction, exponent;
  bool has_exponent = false;
};

SubPicture take_apart(std::u32string_view whole, const Symbols& symbols) {
  SubPicture out;
  out.whole = whole;
  const auto bound = [&](char32_t c) { return symbols.is_bound(c); };
  auto from = static_cast<size_t>(std::ranges::find_if(whole, bound) - whole.begin());
  const auto last = std::find_if(whole.rbegin(), whole.rend(), bound);
  auto behind = static_cast<size_t>(whole.rend() - last);
  if (behind == 0) {  // No picture without a digit is valid; what is wrong with it, all of it says.
    from = 0;
    behind = whole.size();
  }
  out.prefix = whole.substr(0, from);
  out.active = whole.substr(from, behind - from);
  out.suffix = whole.substr(behind);
  const size_t separator = out.active.find(symbols.exponent_separator);
  // The separator may stand behind the last digit, so that the exponent is empty.
  out.has_exponent =
      separator != out.active.npos || out.suffix.starts_with(symbols.exponent_separator);
  out.mantissa = out.active.substr(0, separator);
  if (separator != out.active.npos) out.exponent = out.active.substr(separator + 1);
  const size_t point = out.mantissa.find(symbols.decimal_separator);
  out.integer = out.mantissa.substr(0, point);
  if (point != out.mantissa.npos) out.fraction = out.mantissa.substr(point + 1);
  return out;
}

bool is_twice_in(std::u32string_view part, std::u32string_view whole) {
  return !part.empty() && whole.find(part) != whole.rfind(part);
}
bool is_in(std::u32string_view part, std::u32string_view whole) {
  return !part.empty() && whole.find(part) != whole.npos;
}

// The code of the last rule that is broken, or nothing.
std::string_view broken_rule(const SubPicture& sub, const Symbols& symbols) {
  const std::u32string point(1, symbols.decimal_separator);
  const std::u32string group(1, symbols.grouping_separator);
  const bool percent = is_in(symbols.percent, sub.whole);
  const bool per_mille = is_in(symbols.per_mille, sub.whole);
  const bool ends_in_group = !is_in(point, sub.whole) && sub.integer.ends_with(group);
  const size_t first_point = sub.whole.find(symbols.decimal_separator);
  const std::u32string around =
      first_point == sub.whole.npos ? U"" : sub.whole.substr(first_point - (first_point > 0), 3);
  const bool next_to_point = is_in(group + point, around) || is_in(point + group, around);
  const auto passive = [&](char32_t c) { return !symbols.is_active(c); };
  const auto before_digit = sub.integer.substr(0, sub.integer.find(symbols.digit));
  const bool any_digit = before_digit.size() < sub.integer.size();
  const size_t last_digit = sub.fraction.rfind(symbols.digit);
  const auto after_digit =
      last_digit == sub.fraction.npos ? std::u32string() : sub.fraction.substr(last_digit);
  const bool bad_exponent =
      sub.exponent.empty() || symbols.family(sub.exponent) < sub.exponent.size();
  const std::pair<bool, std::string_view> rules[] = {
      {is_twice_in(point, sub.whole), "D3081"},
      {is_twice_in(symbols.percent, sub.whole), "D3082"},
      {is_twice_in(symbols.per_mille, sub.whole), "D3083"},
      {percent && per_mille, "D3084"},
      {symbols.places(sub.mantissa) == 0, "D3085"},
      {std::ranges::any_of(sub.active, passive), "D3086"},
      {next_to_point, "D3087"},
      {ends_in_group, "D3088"},
      {is_in(group + group, sub.whole), "D3089"},
      {any_digit && symbols.family(before_digit) > 0, "D3090"},
      {symbols.family(after_digit) > 0, "D3091"},
      {sub.has_exponent && !sub.exponent.empty() && (percent || per_mille), "D3092"},
      {sub.has_exponent && bad_exponent, "D3093"}};
  std::string_view last;
  for (const auto& [broken, code] : rules) {
    if (broken) last = code;
  }
  return last;
}

// What a valid sub-picture asks for.
struct Layout {
  std::u32string prefix, suffix;
  double factor = 1;
  size_t least_integer = 0;
  size_t least_fraction = 0;
  size_t most_fraction = 0;
  size_t least_exponent = 0;            // 0: none is written
  int scale = 0;                        // digits of the integer part, where there is an exponent
  std::vector<size_t> integer_groups;   // digits to the right of separators
  size_t group_size = 0;                // not 0: they stand at each multiple of it
  std::vector<size_t> fraction_groups;  // digits to the left of separators
};

// The distance of groups that are all of one size, or 0. `positions` decrease.
size_t regular_size(const std::vector<size_t>& positions) {
  const size_t size = std::reduce(positions.begin(), positions.end(), size_t{0},
                                  [](size_t a, size_t b) { return std::gcd(a, b); });
  for (size_t i = 0; i < positions.size(); ++i) {
    if (positions[i] != (positions.size() - i) * size) return 0;
  }
  return size;
}

void find_groups(const SubPicture& sub, const Symbols& symbols, Layout& out) {
  for (size_t i = 0; i < sub.integer.size(); ++i) {
    if (sub.integer[i] != symbols.grouping_separator) continue;
    out.integer_groups.push_back(symbols.places(sub.integer.substr(i)));
  }
  for (size_t i = 0; i < sub.fraction.size(); ++i) {
    if (sub.fraction[i] != symbols.grouping_separator) continue;
    out.fraction_groups.push_back(symbols.places(sub.fraction.substr(0, i)));
  }
  out.group_size = regular_size(out.integer_groups);
}

Layout layout_of(const SubPicture& sub, const Symbols& symbols) {
  Layout out;
  out.prefix = sub.prefix;
  out.suffix = sub.suffix;
  if (is_in(symbols.percent, sub.whole)) out.factor = 100;
  if (is_in(symbols.per_mille, sub.whole)) out.factor = 1000;
  out.least_integer = symbols.family(sub.integer);
  out.scale = static_cast<int>(std::min<size_t>(out.least_integer, 308));
  out.least_fraction = symbols.family(sub.fraction);
  out.most_fraction = symbols.places(sub.fraction);
  out.least_exponent = symbols.family(sub.exponent);
  find_groups(sub, symbols, out);
  if (out.least_integer == 0 && out.most_fraction == 0) {
    if (sub.has_exponent) {
      out.least_fraction = out.most_fraction = 1;
    } else {
      out.least_integer = 1;
    }
  }
  const bool any_integer = sub.integer.find(symbols.digit) != sub.integer.npos;
  if (sub.has_exponent && out.least_integer == 0 && any_integer) out.least_integer = 1;
  if (out.least_integer == 0 && out.least_fraction == 0) out.least_fraction = 1;
  return out;
}

// The digits of a number that is not negative, on either side of the point.
struct Digits {
  std::string integer, fraction;
};

Digits digits_of(double number, const Layout& layout) {
  const auto places = static_cast<int>(std::min(layout.most_fraction, largest_fraction));
  std::array<char, 1600> room{};
  const auto form = std::chars_format::fixed;
  const double rounded = round_half_even(number, places);
  const auto end = std::to_chars(room.data(), room.data() + room.size(), rounded, form, places).ptr;
  const std::string_view text(room.data(), static_cast<size_t>(end - room.data()));
  const size_t point = text.find('.');
  Digits out;
  out.integer = text.substr(0, point);
  if (point != text.npos) out.fraction = text.substr(point + 1);
  out.integer.erase(0, std::min(out.integer.find_first_not_of('0'), out.integer.size()));
  out.fraction.resize(out.fraction.find_last_not_of('0') + 1);
  if (out.integer.size() < layout.least_integer) {
    out.integer.insert(0, layout.least_integer - out.integer.size(), '0');
  }
  if (out.fraction.size() < layout.least_fraction) out.fraction.resize(layout.least_fraction, '0');
  return out;
}

// Scales the number so that its integer part has the digits of the picture; the exponent that
// undoes it.
int scale(double& number, int digits) {
  const double most = std::pow(10, digits);
  const double least = std::pow(10, digits - 1);
  int exponent = 0;
  if (number == 0) return exponent;
  for (; number < least; --exponent) number *= 10;
  for (; number > most; ++exponent) number /= 10;
  return exponent;
}

class Writer {
 public:
  Writer(const Symbols& symbols, const Layout& layout) : symbols_(symbols), layout_(layout) {}

  std::u32string write(double number) {
    number *= layout_.factor;
    const bool with_exponent = layout_.least_exponent > 0;
    const int exponent = with_exponent ? scale(number, layout_.scale) : 0;
    const Digits digits = digits_of(number, layout_);
    add_integer(digits.integer);
    if (!digits.fraction.empty()) {
      out_ += symbols_.decimal_separator;
      add_fraction(digits.fraction);
    }
    return with_exponent ? add_exponent(exponent) : out_;
  }

  std::u32string minus_sign;

 private:
  void add_digit(char digit) { out_ += symbols_.zero + static_cast<char32_t>(digit - '0'); }

  bool separates_integer(size_t position) const {
    if (layout_.group_size > 0) return position % layout_.group_size == 0;
    return std::ranges::find(layout_.integer_groups, position) != layout_.integer_groups.end();
  }

  void add_integer(std::string_view digits) {
    for (size_t i = 0; i < digits.size(); ++i) {
      if (i > 0 && separates_integer(digits.size() - i)) out_ += symbols_.grouping_separator;
      add_digit(digits[i]);
    }
  }

  void add_fraction(std::string_view digits) {
    const auto& groups = layout_.fraction_groups;
    for (size_t i = 0; i < digits.size(); ++i) {
      if (std::ranges::find(groups, i) != groups.end()) out_ += symbols_.grouping_separator;
      add_digit(digits[i]);
    }
  }

  std::u32string add_exponent(int exponent) {
    out_ += symbols_.exponent_separator;
    if (exponent < 0) out_ += minus_sign;
    const std::string digits = std::to_string(std::abs(exponent));
    for (size_t i = digits.size(); i < layout_.least_exponent; ++i) add_digit('0');
    for (const char digit : digits) add_digit(digit);
    return out_;
  }

  const Symbols& symbols_;
  const Layout& layout_;
  std::u32string out_;
};

Outcome<std::vector<Layout>> layouts_of(std::u32string_view picture, char32_t separator,
                                        const Symbols& symbols) {
  std::vector<std::u32string_view> parts;
  for (size_t at = 0; at != picture.npos; at = picture.find(separator)) {
    picture.remove_prefix(parts.empty() ? 0 : at + 1);
    parts.push_back(picture.substr(0, picture.find(separator)));
  }
  if (parts.size() > 2) return fault("D3080");
  std::vector<Layout> out;
  for (const auto part : parts) {
    const SubPicture sub = take_apart(part, symbols);
    const std::string_view broken = broken_rule(sub, symbols);
    if (!broken.empty()) return fault(broken);
    out.push_back(layout_of(sub, symbols));
  }
  return out;
}

}  // namespace

bool DecimalFormat::set(std::string_view name, std::string_view value) {
  static constexpr auto fields =
      std::to_array<std::pair<std::string_view, std::string DecimalFormat::*>>(
          {{"decimal-separator", &DecimalFormat::decimal_separator},
           {"grouping-separator", &DecimalFormat::grouping_separator},
           {"exponent-separator", &DecimalFormat::exponent_separator},
           {"infinity", &DecimalFormat::infinity},
           {"minus-sign", &DecimalFormat::minus_sign},
           {"NaN", &DecimalFormat::nan},
           {"percent", &DecimalFormat::percent},
           {"per-mille", &DecimalFormat::per_mille},
           {"zero-digit", &DecimalFormat::zero_digit},
           {"digit", &DecimalFormat::digit},
           {"pattern-separator", &DecimalFormat::pattern_separator}});
  for (const auto& [known, field] : fields) {
    if (known != name) continue;
    this->*field = value;
    return true;
  }
  return false;
}

Outcome<std::string> format_number(double number, std::string_view picture,
                                   const DecimalFormat& format) {
  const Symbols symbols(format);
  PD_TRY(layouts,
         layouts_of(characters_of(picture), character_of(format.pattern_separator), symbols));
  if (std::isnan(number)) return format.nan;
  const bool negative = number < 0;
  // Without a picture of their own, negative numbers have the minus sign in front of all.
  const Layout& layout = layouts[negative ? layouts.size() - 1 : 0];
  const std::string sign = negative && layouts.size() == 1 ? format.minus_sign : "";
  Writer writer(symbols, layout);
  writer.minus_sign = characters_of(format.minus_sign);
  const std::string written =
      std::isinf(number) ? format.infinity : text_of(writer.write(std::fabs(number)));
  return sign + text_of(layout.prefix) + written + text_of(layout.suffix);
}

}  // namespace perdure::asl::jsonata::text

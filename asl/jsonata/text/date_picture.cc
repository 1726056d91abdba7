#include "asl/jsonata/text/date_picture.h"

#include <algorithm>
#include <charconv>

#include "asl/jsonata/text/strings.h"
#include "asl/value/utf8.h"
#include "base/result.h"

namespace perdure::asl::jsonata::text {
namespace {

// Zeros that a width may ask for. Nobody wants more, and a picture may have many of them.
constexpr size_t largest_width = 100;

// The presentation where a marker has none, or nothing for an unknown component.
std::optional<std::string_view> default_presentation(char component) {
  if (component == 0) return std::nullopt;
  if (std::string_view("YMDdWwXxHhf").find(component) != std::string_view::npos) return "1";
  if (std::string_view("FPCE").find(component) != std::string_view::npos) return "n";
  if (component == 'm' || component == 's') return "01";
  if (component == 'Z' || component == 'z') return "01:01";
  return std::nullopt;
}

bool is_integer_component(char component) {
  return std::string_view("YMDdFWwXxHhmsf").find(component) != std::string_view::npos;
}

bool is_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::optional<size_t> parse_width(std::string_view text) {
  size_t width = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), width);
  if (read.ec == std::errc::result_out_of_range) return largest_width;
  if (read.ec != std::errc()) return std::nullopt;
  return std::min(width, largest_width);
}

struct Marker {
  std::string component;     // one character, or none
  std::string presentation;  // without the modifier behind it
  char modifier = 0;         // one of "atco"
  std::optional<size_t> min_width;
  std::optional<size_t> max_width;
};

Marker parse_marker(std::string_view inside) {
  std::string text;
  for (const char c : inside) {
    if (!is_white(c)) text += c;
  }
  Marker out;
  const size_t comma = text.rfind(',');
  if (comma != text.npos) {
    const std::string widths = text.substr(comma + 1);
    const size_t dash = widths.find('-');
    out.min_width = parse_width(std::string_view(widths).substr(0, dash));
    if (dash != widths.npos) out.max_width = parse_width(std::string_view(widths).substr(dash + 1));
    text.resize(comma);
  }
  if (text.empty()) return out;
  const uint32_t first = decode_utf8(text.data(), text.data() + text.size()).bytes;
  out.component = text.substr(0, first);
  out.presentation = text.substr(first);
  if (length(out.presentation) < 2) return out;
  const char last = out.presentation.back();
  if (last == 'a' || last == 't' || last == 'c' || last == 'o') {
    out.modifier = last;
    out.presentation.pop_back();
  }
  return out;
}

LetterCase case_of_name(std::string_view presentation) {
  if (presentation.starts_with('n')) return LetterCase::lower;
  return presentation.starts_with("Nn") ? LetterCase::title : LetterCase::upper;
}

Outcome<IntegerPicture> integer_of(const Marker& marker) {
  std::string picture = marker.presentation;
  if (marker.modifier != 0) picture.append(";") += marker.modifier;
  PD_TRY(integer, IntegerPicture::parse(picture));
  if (marker.min_width && integer.form == IntegerPicture::Form::decimal) {
    integer.mandatory_digits = std::max(integer.mandatory_digits, *marker.min_width);
  }
  return integer;
}

// How many digits of a year are written.
void limit_year(DatePart& part) {
  IntegerPicture& integer = *part.integer;
  if (part.max_width) {
    part.year_digits = part.max_width;
    integer.mandatory_digits = *part.max_width;
  } else if (integer.mandatory_digits + integer.optional_digits >= 2) {
    part.year_digits = integer.mandatory_digits + integer.optional_digits;
  }
}

Outcome<DatePart> part_of(std::string_view inside) {
  Marker marker = parse_marker(inside);
  const char component = marker.component.size() == 1 ? marker.component[0] : '\0';
  const auto otherwise = default_presentation(component);
  if (!otherwise) return fault("D3132", json_text(marker.component));
  if (marker.presentation.empty()) marker.presentation = *otherwise;

  DatePart part;
  part.component = component;
  part.max_width = marker.max_width;
  part.traditional = marker.modifier == 't';
  if (component == 'Z' || component == 'z') {
    PD_TRY(integer, IntegerPicture::parse(marker.presentation));
    part.integer = std::move(integer);
  } else if (marker.presentation[0] == 'n' || marker.presentation[0] == 'N') {
    part.named = true;
    part.letter_case = case_of_name(marker.presentation);
  } else if (is_integer_component(component)) {
    PD_TRY(integer, integer_of(marker));
    part.integer = std::move(integer);
    if (component == 'Y') limit_year(part);
  }
  return part;
}

// A doubled closing bracket stands for one.
void add_literal(std::string_view text, std::vector<DatePart>& parts) {
  if (text.empty()) return;
  DatePart part;
  part.literal = replace(text, "]]", "]");
  parts.push_back(std::move(part));
}

}  // namespace

Outcome<DatePicture> DatePicture::parse(std::string_view picture) {
  DatePicture out;
  while (!picture.empty()) {
    const size_t open = picture.find('[');
    add_literal(picture.substr(0, open), out.parts);
    if (open == picture.npos) break;
    picture.remove_prefix(open + 1);
    if (picture.starts_with('[')) {
      add_literal("[", out.parts);
      picture.remove_prefix(1);
      continue;
    }
    const size_t close = picture.find(']');
    if (close == picture.npos) return fault("D3135");
    PD_TRY(part, part_of(picture.substr(0, close)));
    picture.remove_prefix(close + 1);
    // Where nothing stands between two numbers, the first one's width must be known to read them.
    const bool is_number = part.integer && is_integer_component(part.component);
    if (is_number && !out.parts.empty() && out.parts.back().integer) {
      IntegerPicture& before = *out.parts.back().integer;
      before.parse_width = before.mandatory_digits;
    }
    out.parts.push_back(std::move(part));
  }
  return out;
}

}  // namespace perdure::asl::jsonata::text

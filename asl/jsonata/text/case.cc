// Upper and lower case by Unicode, whatever the locale.

#include <algorithm>
#include <iterator>

#include "asl/jsonata/text/case_tables.h"
#include "asl/jsonata/text/strings.h"
#include "asl/value/utf8.h"

namespace perdure::asl::jsonata::text {
namespace {

constexpr uint32_t capital_sigma = 0x3a3;
constexpr uint32_t final_sigma = 0x3c2;
constexpr uint32_t capital_i_with_dot = 0x130;

template <size_t n>
uint32_t mapped(uint32_t code, const CaseRange (&table)[n]) {
  const auto* range = std::ranges::lower_bound(table, code, {}, &CaseRange::last);
  if (range == std::end(table) || code < range->first) return code;
  if ((code - range->first) % range->step != 0) return code;
  return static_cast<uint32_t>(static_cast<int32_t>(code) + range->delta);
}

// The expansion of a character whose upper case is several; null for others.
const Expansion* expansion_of(uint32_t code) {
  const auto* many = std::ranges::lower_bound(to_upper_many, code, {}, &Expansion::from);
  return many != std::end(to_upper_many) && many->from == code ? many : nullptr;
}

bool is_letter_with_case(uint32_t code) {
  return code == capital_i_with_dot || expansion_of(code) != nullptr ||
         mapped(code, to_lower) != code || mapped(code, to_upper) != code;
}

void append_upper(uint32_t code, std::string& out) {
  const Expansion* many = expansion_of(code);
  if (many == nullptr) return append_utf8(mapped(code, to_upper), out);
  for (const uint32_t each : many->to) {
    if (each != 0) append_utf8(each, out);
  }
}

// Marks, apostrophes and the like inside of words.
bool is_part_of_any_word(uint32_t code) {
  return (code >= 0x300 && code < 0x370) || code == '\'' || code == '.' || code == ':' ||
         code == 0xad || code == 0xb7 || code == 0x2019;
}

bool letter_follows(const char* at, const char* end) {
  while (at < end) {
    const CodePoint next = decode_utf8(at, end);
    if (!is_part_of_any_word(next.code)) return is_letter_with_case(next.code);
    at += next.bytes;
  }
  return false;
}

char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::string uppercase(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const uint32_t bytes = well_formed_utf8(at, end);
    if (bytes > 1) {
      append_upper(decode_utf8(at, end).code, out);
    } else {
      out += ascii_upper(*at);
    }
    at += std::max(bytes, 1u);
  }
  return out;
}

std::string lowercase(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const char* const end = text.data() + text.size();
  bool behind_letter = false;
  for (const char* at = text.data(); at < end;) {
    const uint32_t bytes = well_formed_utf8(at, end);
    const CodePoint point = decode_utf8(at, end);
    at += point.bytes;
    if (bytes <= 1) {
      out += ascii_lower(*(at - 1));
    } else if (point.code == capital_sigma && behind_letter && !letter_follows(at, end)) {
      append_utf8(final_sigma, out);
    } else if (point.code == capital_i_with_dot) {
      out += "i\xcc\x87";  // U+0307: the dot
    } else {
      append_utf8(mapped(point.code, to_lower), out);
    }
    if (!is_part_of_any_word(point.code)) behind_letter = is_letter_with_case(point.code);
  }
  return out;
}

}  // namespace perdure::asl::jsonata::text

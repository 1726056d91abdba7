#pragma once
// Characters of UTF-8 text.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace perdure::asl {

struct CodePoint {
  uint32_t code;
  uint32_t bytes;  // 1 to 4
};

// The character at `at` (which is before `end`). Bytes that are not well-formed UTF-8 count as one
// character each: {0xFFFD, 1}.
CodePoint decode_utf8(const char* at, const char* end);
// Whether the character at `at` is well-formed: no overlong form, no surrogate, nothing past
// 10FFFF. Its length, or 0.
uint32_t well_formed_utf8(const char* at, const char* end);
void append_utf8(uint32_t code, std::string& out);
bool valid_utf8(std::string_view text);

// How many UTF-16 units, which is how Java counts characters.
constexpr uint32_t utf16_units(uint32_t code) { return code > 0xffff ? 2 : 1; }
size_t utf16_length(std::string_view text);
// Characters (code points).
size_t utf8_length(std::string_view text);

}  // namespace perdure::asl

#include "asl/value/utf8.h"

namespace perdure::asl {
namespace {

unsigned byte_at(const char* at) { return static_cast<unsigned char>(*at); }

// The length a first byte announces; 0 for a byte that cannot begin a character.
uint32_t announced_length(unsigned first) {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

// The range of the second byte excludes overlong forms, surrogates and what is past 10FFFF.
bool second_byte_fits(unsigned first, unsigned second) {
  switch (first) {
    case 0xe0:
      return second >= 0xa0 && second < 0xc0;
    case 0xed:
      return second >= 0x80 && second < 0xa0;
    case 0xf0:
      return second >= 0x90 && second < 0xc0;
    case 0xf4:
      return second >= 0x80 && second < 0x90;
    default:
      return second >= 0x80 && second < 0xc0;
  }
}

}  // namespace

uint32_t well_formed_utf8(const char* at, const char* end) {
  const unsigned first = byte_at(at);
  const uint32_t length = announced_length(first);
  if (length < 2) return length;
  if (static_cast<size_t>(end - at) < length) return 0;
  if (!second_byte_fits(first, byte_at(at + 1))) return 0;
  for (uint32_t i = 2; i < length; ++i) {
    if ((byte_at(at + i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

CodePoint decode_utf8(const char* at, const char* end) {
  const uint32_t length = well_formed_utf8(at, end);
  if (length == 0) return {0xfffd, 1};
  if (length == 1) return {byte_at(at), 1};
  uint32_t code = byte_at(at) & (0xffu >> (length + 1));
  for (uint32_t i = 1; i < length; ++i) code = code << 6 | (byte_at(at + i) & 0x3f);
  return {code, length};
}

void append_utf8(uint32_t code, std::string& out) {
  const auto add = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  const auto add_rest = [&](int shift) { add(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xc0 | code >> 6);
    return add_rest(0);
  }
  if (code < 0x10000) {
    add(0xe0 | code >> 12);
    add_rest(6);
    return add_rest(0);
  }
  add(0xf0 | code >> 18);
  add_rest(12);
  add_rest(6);
  add_rest(0);
}

bool valid_utf8(std::string_view text) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const uint32_t length = well_formed_utf8(at, end);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

size_t utf16_length(std::string_view text) {
  size_t units = 0;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const CodePoint point = decode_utf8(at, end);
    units += utf16_units(point.code);
    at += point.bytes;
  }
  return units;
}

size_t utf8_length(std::string_view text) {
  size_t characters = 0;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; at += decode_utf8(at, end).bytes) ++characters;
  return characters;
}

}  // namespace perdure::asl

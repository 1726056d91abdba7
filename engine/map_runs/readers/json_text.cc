#include "engine/map_runs/readers/json_text.h"

#include <cstring>

#include "asl/value/utf8.h"

namespace perdure::engine {
namespace {

// Nothing that must be escaped, ASCII only. Eight bytes at a time: a byte has its high bit set in
// the sum if it is a control character, a quote, a backslash or not ASCII.
bool is_plain(std::string_view text) {
  constexpr uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
  const auto has_zero = [](uint64_t word) { return (word - ones) & ~word & highs; };
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    const uint64_t control = (word - ones * 0x20) & ~word & highs;
    if (control | has_zero(word ^ ones * '"') | has_zero(word ^ ones * '\\') | (word & highs)) {
      return false;
    }
  }
  for (; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') return false;
  }
  return true;
}

// Invalid UTF-8, character by character.
std::string mended(std::string_view text) {
  std::string out;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const asl::CodePoint point = asl::decode_utf8(at, end);
    asl::append_utf8(point.code, out);
    at += point.bytes;
  }
  return out;
}

}  // namespace

Result<> JsonCompactor::append(std::string_view json, std::string& out) {
  arena_.reset();
  PD_TRY(value, asl::parse_json(json, arena_));
  asl::write(value, out);
  return {};
}

void append_json_text(std::string_view text, std::string& out) {
  if (is_plain(text)) {
    out.append("\"").append(text).append("\"");
  } else if (asl::valid_utf8(text)) {
    asl::write(asl::Value::string(text), out);
  } else {
    asl::write(asl::Value::string(mended(text)), out);
  }
}

}  // namespace perdure::engine

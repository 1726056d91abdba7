#include "asl/jsonata/text/encoding.h"

#include "asl/value/utf8.h"
#include "base/hash.h"

namespace perdure::asl::jsonata::text {
namespace {

constexpr std::string_view unreserved = "-_.!~*'()";
// What has a meaning in a URL as a whole.
constexpr std::string_view reserved = ";/?:@&=+$,#";

bool is_alphanumeric(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool contains(std::string_view set, char c) { return set.find(c) != set.npos; }

Fault malformed(const char* function, std::string_view text) {
  return Fault("D3140", 0, function, json_text(text));
}

Outcome<std::string> encode(std::string_view text, std::string_view kept, const char* function) {
  if (!valid_utf8(text)) return malformed(function, text);
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_alphanumeric(c) || contains(unreserved, c) || contains(kept, c)) {
      out += c;
      continue;
    }
    out += '%';
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that "%XX" at the beginning stands for, or -1.
int escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = hex_digit(text[1]);
  const int low = hex_digit(text[2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

// The character that the escapes at the beginning stand for; empty if they are malformed.
std::string escaped_character(std::string_view text) {
  std::string bytes;
  for (int byte = escaped_byte(text); byte >= 0 && bytes.size() < 4; byte = escaped_byte(text)) {
    bytes += static_cast<char>(byte);
    if (well_formed_utf8(bytes.data(), bytes.data() + bytes.size()) != 0) return bytes;
    text.remove_prefix(3);
  }
  return {};
}

Outcome<std::string> decode(std::string_view text, std::string_view kept, const char* function) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      out += text[at++];
      continue;
    }
    const std::string character = escaped_character(text.substr(at));
    if (character.empty()) return malformed(function, text);
    const size_t length = 3 * character.size();
    out += character.size() == 1 && contains(kept, character[0]) ? text.substr(at, length)
                                                                 : std::string_view(character);
    at += length;
  }
  return out;
}

}  // namespace

Outcome<std::string> encode_url_component(std::string_view text) {
  return encode(text, {}, "encodeUrlComponent");
}
Outcome<std::string> encode_url(std::string_view text) {
  return encode(text, reserved, "encodeUrl");
}
Outcome<std::string> decode_url_component(std::string_view text) {
  return decode(text, {}, "decodeUrlComponent");
}
Outcome<std::string> decode_url(std::string_view text) {
  return decode(text, reserved, "decodeUrl");
}

std::string base64_encode(std::string_view text) { return perdure::base64_encode(text); }

std::string base64_decode(std::string_view text) {
  std::string clean;
  for (const char c : text.substr(0, text.find('='))) {
    if (is_alphanumeric(c) || c == '+' || c == '/') clean += c;
    if (c == '-') clean += '+';
    if (c == '_') clean += '/';
  }
  if (clean.size() % 4 == 1) clean.pop_back();
  const std::string bytes = perdure::base64_decode(clean).value_or("");
  std::string out;
  const char* const end = bytes.data() + bytes.size();
  for (const char* at = bytes.data(); at < end;) {
    const CodePoint point = decode_utf8(at, end);
    append_utf8(point.code, out);
    at += point.bytes;
  }
  return out;
}

}  // namespace perdure::asl::jsonata::text

#include "asl/value/json_string.h"

#include <cstdint>

#include "asl/value/plain_text.h"
#include "asl/value/utf8.h"

namespace perdure::asl {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string byte_text(unsigned char byte) {
  constexpr char digits[] = "0123456789abcdef";
  return {'0', 'x', digits[byte >> 4], digits[byte & 0xf]};
}

class Reader {
 public:
  Reader(const char* at, const char* end, bool is_name, std::string& buffer,
         const JsonProblems& problems)
      : at_(at), end_(end), is_name_(is_name), out_(buffer), problems_(problems) {}

  Result<JsonString> read();

 private:
  Error ended() const;
  Error bad_byte() const;
  Result<void> escape();
  Result<uint32_t> four_digits();
  Result<void> unicode_escape(const char* start);

  const char* at_;
  const char* end_;
  bool is_name_;
  std::string& out_;
  const JsonProblems& problems_;
  JsonString result_{};
};

Result<JsonString> Reader::read() {
  const char* copied = at_;  // what is before is in the buffer, once something was escaped
  out_.clear();
  for (;;) {
    at_ = skip_plain(at_, end_);
    if (at_ == end_) return ended();
    if (*at_ == '"') break;
    if (*at_ == '\\') {
      out_.append(copied, at_);
      result_.escaped = true;
      PD_CHECK(escape());
      copied = at_;
    } else if (static_cast<unsigned char>(*at_) >= 0x80) {
      const uint32_t length = well_formed_utf8(at_, end_);
      if (length == 0) return bad_byte();
      at_ += length;
    } else {
      return problems_.at(at_,
                          "Illegal unquoted character ((CTRL-CHAR, code " + std::to_string(*at_) +
                              ")): has to be escaped using backslash to be included in " +
                              (is_name_ ? "name" : "string value"),
                          1);
    }
  }
  if (result_.escaped) out_.append(copied, at_);
  result_.end = at_;
  return result_;
}

Error Reader::ended() const {
  return problems_.at(end_, is_name_ ? "Unexpected end-of-input in field name"
                                     : "Unexpected end-of-input: was expecting closing quote for "
                                       "a string value");
}

Error Reader::bad_byte() const {
  const auto byte = static_cast<unsigned char>(*at_);
  const bool starts = byte >= 0xc2 && byte < 0xf5;
  if (!starts) return problems_.at(at_, "Invalid UTF-8 start byte " + byte_text(byte));
  if (at_ + 1 == end_) return ended();
  return problems_.at(at_,
                      "Invalid UTF-8 middle byte " + byte_text(static_cast<unsigned char>(at_[1])));
}

// Undoes the escape at the backslash; leaves `at_` behind it.
Result<void> Reader::escape() {
  const char* const start = at_++;
  if (at_ == end_) return ended();
  const char c = *at_++;
  switch (c) {
    case '"':
    case '\\':
      out_ += c;
      return {};
    case '/':
      result_.compact = false;
      out_ += c;
      return {};
    case 'b':
      out_ += '\b';
      return {};
    case 'f':
      out_ += '\f';
      return {};
    case 'n':
      out_ += '\n';
      return {};
    case 'r':
      out_ += '\r';
      return {};
    case 't':
      out_ += '\t';
      return {};
    case 'u':
      return unicode_escape(start);
    default:
      break;
  }
  const CodePoint point = decode_utf8(at_ - 1, end_);
  return problems_.at(at_ - 1 + point.bytes, "Unrecognized character escape '" +
                                                 std::string(at_ - 1, point.bytes) + "' (code " +
                                                 std::to_string(point.code) + ")");
}

Result<uint32_t> Reader::four_digits() {
  uint32_t code = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    if (at_ == end_) {
      return problems_.at(end_, "Unexpected end-of-input in character escape sequence");
    }
    const int digit = hex_digit(*at_);
    if (digit < 0) {
      return problems_.unexpected(at_, "expected a hex-digit for character escape sequence");
    }
    code = code << 4 | static_cast<uint32_t>(digit);
  }
  return code;
}

// A surrogate without its partner has no UTF-8 form and becomes the replacement character.
Result<void> Reader::unicode_escape(const char* start) {
  PD_TRY(code, four_digits());
  if (code >= 0xd800 && code < 0xdc00 && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u') {
    const char* const second = at_;
    at_ += 2;
    PD_TRY(low, four_digits());
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else {
      at_ = second;
    }
  }
  if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
  append_utf8(code, out_);
  // The writer escapes only control characters this way, in capitals, and some have a shorter form.
  const bool has_short_form = code >= 8 && code <= 13 && code != 11;
  const bool small_digit = start[5] >= 'a';
  if (code >= 0x20 || has_short_form || small_digit) result_.compact = false;
  return {};
}

}  // namespace

Result<JsonString> read_json_string(const char* at, const char* end, bool is_name,
                                    std::string& buffer, const JsonProblems& problems) {
  return Reader(at, end, is_name, buffer, problems).read();
}

}  // namespace perdure::asl

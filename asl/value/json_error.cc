#include "asl/value/json_error.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "asl/value/utf8.h"
#include "asl/value/value.h"

namespace perdure::asl {
namespace {

constexpr size_t quoted_characters = 500;  // of the source that an error shows
constexpr size_t longest_token = 256;      // an unrecognized token is cut here

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' ||
         (static_cast<unsigned char>(c) >= 0x80 && static_cast<unsigned char>(c) < 0xf0);
}

std::string hexadecimal(uint32_t code, const char* format) {
  std::array<char, 16> room;
  std::snprintf(room.data(), room.size(), format, code);
  return room.data();
}

// The beginning of the source, quoted; what is left out is counted.
std::string quoted_source(std::string_view text) {
  std::string out = "\"";
  const char* at = text.data();
  const char* const end = at + text.size();
  size_t shown = 0;
  while (at < end && shown < quoted_characters) {
    const CodePoint point = decode_utf8(at, end);
    const bool ends_line = point.code == '\n' || point.code == '\r';
    if ((point.code < 0x20 && !ends_line) || point.code == 0x7f) {
      out += hexadecimal(point.code, "\\u%04X");
    } else {
      out.append(at, point.bytes);
    }
    at += point.bytes;
    shown += utf16_units(point.code);
  }
  out += '"';
  if (at < end) {
    out += "[truncated " + std::to_string(utf16_length({at, end})) + " chars]";
  }
  return out;
}

// What Java sees first of the character: half of it, if it is past FFFF.
std::string description(std::string_view character, uint32_t code) {
  if (code > 0xffff) {
    character = "?";
    code = 0xd800 + ((code - 0x10000) >> 10);
  }
  const std::string number = std::to_string(code);
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return "(CTRL-CHAR, code " + number + ")";
  std::string out = "'" + std::string(character) + "' (code " + number;
  if (code > 255) out += " / " + hexadecimal(code, "0x%x");
  return out + ")";
}

}  // namespace

std::string JsonProblems::location(const char* place, size_t past) const {
  const std::string_view before(text_.data(), place);
  size_t line = 1;
  size_t line_start = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    const bool line_ends = before[i] == '\n' ||
                           (before[i] == '\r' && (i + 1 == before.size() || before[i + 1] != '\n'));
    if (!line_ends) continue;
    ++line;
    line_start = i + 1;
  }
  const size_t column = utf16_length(before.substr(line_start)) + 1 + past;
  return "[Source: (String)" + quoted_source(text_) + "; line: " + std::to_string(line) +
         ", column: " + std::to_string(column) + "]";
}

Error JsonProblems::at(const char* place, std::string problem, size_t past) const {
  return invalid("InvalidJson", std::move(problem) + "\n at " + location(place, past));
}

Error JsonProblems::unexpected(const char* place, std::string_view why) const {
  const CodePoint point = decode_utf8(place, text_.data() + text_.size());
  const std::string character = description({place, point.bytes}, point.code);
  if (point.code < 0x20) {
    return at(place,
              "Illegal character (" + character +
                  "): only regular white space (\\r, \\n, \\t) is allowed between tokens",
              1);
  }
  if (point.code == '/') {
    why =
        "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' "
        "not enabled for parser)";
  }
  return at(place, "Unexpected character (" + character + "): " + std::string(why), 1);
}

Error JsonProblems::unexpected_in_number(const char* place, std::string_view why,
                                         bool behind_minus) const {
  const CodePoint point = decode_utf8(place, text_.data() + text_.size());
  const std::string character = description({place, point.bytes}, point.code);
  return at(place, "Unexpected character (" + character + ") in numeric value: " + std::string(why),
            behind_minus ? 1 : 0);
}

Error JsonProblems::unrecognized(const char* place) const {
  const char* const text_end = text_.data() + text_.size();
  const char* end = place;
  while (end < text_end && is_word_character(*end)) ++end;
  std::string token(place, end);
  if (token.size() > longest_token) {
    token.resize(longest_token);
    token += "...";
  }
  return at(end, "Unrecognized token '" + token +
                     "': was expecting (JSON String, Number, Array, Object or token 'null', "
                     "'true' or 'false')");
}

Error JsonProblems::unclosed(const char* open) const {
  const char* const kind = *open == '{' ? "Object" : "Array";
  return at(text_.data() + text_.size(),
            std::string("Unexpected end-of-input: expected close marker for ") + kind +
                " (start marker at " + location(open) + ")");
}

Error JsonProblems::wrong_close(const char* place, const char* open) const {
  const char* const kind = !open ? "root" : *open == '{' ? "Object" : "Array";
  const char expected = *place == ']' ? '}' : ']';
  const std::string start =
      open ? location(open) : "[Source: (String)" + quoted_source(text_) + "; line: 1, column: 0]";
  return at(place,
            std::string("Unexpected close marker '") + *place + "': expected '" + expected +
                "' (for " + kind + " starting at " + start + ")",
            1);
}

std::string_view without_location(std::string_view cause) {
  return cause.substr(0, cause.rfind("\n at [Source: "));
}

std::string_view location_of(std::string_view cause) {
  const size_t at = cause.rfind("\n at [Source: ");
  return at == std::string_view::npos ? std::string_view() : cause.substr(at + 5);
}

}  // namespace perdure::asl

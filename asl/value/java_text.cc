#include "asl/value/java_text.h"

#include <algorithm>

namespace perdure::asl {
namespace {

// Puts the units above the surrogates in front of them, as UTF-16 orders them: characters past FFFF
// are written with surrogates (D800 to DFFF) and thus come before E000 to FFFF.
unsigned utf16_rank(unsigned char utf8_byte) {
  if (utf8_byte >= 0xf0) return utf8_byte - 2u;     // past FFFF
  if (utf8_byte >= 0xee) return utf8_byte + 0x10u;  // E000 to FFFF
  return utf8_byte;
}

}  // namespace

void append_java_text(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::string:
      out += value.as_string();
      return;
    case Kind::array: {
      out += '[';
      const auto items = value.items();
      for (size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += ", ";
        append_java_text(items[i], out);
      }
      out += ']';
      return;
    }
    case Kind::object: {
      out += '{';
      const auto members = value.members();
      for (size_t i = 0; i < members.size(); ++i) {
        if (i > 0) out += ", ";
        out += members[i].key;
        out += '=';
        append_java_text(members[i].value, out);
      }
      out += '}';
      return;
    }
    default:
      write(value, out);
  }
}

std::string java_text(const Value& value) {
  std::string out;
  append_java_text(value, out);
  return out;
}

int java_compare(std::string_view a, std::string_view b) {
  const size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    if (a[i] == b[i]) continue;
    const auto x = utf16_rank(static_cast<unsigned char>(a[i]));
    const auto y = utf16_rank(static_cast<unsigned char>(b[i]));
    return x < y ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

std::string_view java_trim(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace perdure::asl

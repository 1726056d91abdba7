// Compact JSON, as AWS writes it.

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "asl/value/container.h"
#include "asl/value/number_text.h"
#include "asl/value/plain_text.h"
#include "asl/value/value.h"
#include "asl/value/write_bounded.h"

namespace perdure::asl {
namespace {

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void write_escape(char c, std::string& out) {
  constexpr char digits[] = "0123456789ABCDEF";
  out += '\\';
  switch (c) {
    case '"':
      out += '"';
      return;
    case '\\':
      out += '\\';
      return;
    case '\b':
      out += 'b';
      return;
    case '\f':
      out += 'f';
      return;
    case '\n':
      out += 'n';
      return;
    case '\r':
      out += 'r';
      return;
    case '\t':
      out += 't';
      return;
    default:
      out += "u00";
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[c & 0xf];
  }
}

void write_string(std::string_view text, std::string& out) {
  out += '"';
  const char* const end = text.data() + text.size();
  const char* written = text.data();
  for (const char* at = skip_plain(written, end); at < end; at = skip_plain(at + 1, end)) {
    if (!needs_escape(*at)) continue;  // not ASCII
    out.append(written, at);
    write_escape(*at, out);
    written = at + 1;
  }
  out.append(written, end);
  out += '"';
}

void write_integer(int64_t n, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), n).ptr;
  out.append(digits.begin(), end);
}

void write_double(double d, std::string& out) {
  // JSON has no word for them; Jackson writes strings.
  if (!std::isfinite(d)) out += '"';
  out += java_double(d);
  if (!std::isfinite(d)) out += '"';
}

}  // namespace

void write(const Value& value, std::string& out) {
  switch (value.kind_) {
    case Kind::undefined:
    case Kind::function:
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += value.boolean_ ? "true" : "false";
      return;
    case Kind::integer:
      return write_integer(value.integer_, out);
    case Kind::string:
      return write_string({value.text_, value.size_}, out);
    case Kind::number:
      if (!value.is_text_) return write_double(value.double_, out);
      out.append(value.text_, value.size_);
      return;
    case Kind::array:
    case Kind::object:
      break;
  }
  write_bounded(value, std::string::npos, out);
}

bool write_bounded(const Value& value, size_t most, std::string& out) {
  if (!value.is(Kind::array) && !value.is(Kind::object)) {
    write(value, out);
    return out.size() <= most;
  }
  const auto& container = *static_cast<const Container*>(value.identity());
  if (container.source) {
    out += container.compact_source();
    return out.size() <= most;
  }
  if (value.is(Kind::array)) {
    char before = '[';
    for (const Value& item : value.items()) {
      out += std::exchange(before, ',');
      if (!write_bounded(item, most, out)) return false;
    }
    out += value.size() == 0 ? "[]" : "]";
  } else {
    char before = '{';
    for (const Member& member : value.members()) {
      out += std::exchange(before, ',');
      write_string(member.key, out);
      out += ':';
      if (!write_bounded(member.value, most, out)) return false;
    }
    out += value.size() == 0 ? "{}" : "}";
  }
  return out.size() <= most;
}

std::string to_json(const Value& value) {
  std::string out;
  write(value, out);
  return out;
}

}  // namespace perdure::asl

// Compact JSON, as AWS writes it.

#include <array>
#include <charconv>
#include <cmath>

#include "asl/value/container.h"
#include "asl/value/number_text.h"
#include "asl/value/value.h"

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
  size_t plain = 0;  // what is before has been written
  for (size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    out.append(text, plain, i - plain);
    write_escape(text[i], out);
    plain = i + 1;
  }
  out.append(text, plain);
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

void write_items(std::span<const Value> items, std::string& out) {
  out += '[';
  for (const Value& item : items) {
    if (&item != items.data()) out += ',';
    write(item, out);
  }
  out += ']';
}

void write_members(std::span<const Member> members, std::string& out) {
  out += '{';
  for (const Member& member : members) {
    if (&member != members.data()) out += ',';
    write_string(member.key, out);
    out += ':';
    write(member.value, out);
  }
  out += '}';
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
  const auto& container = *static_cast<const Container*>(value.block_);
  if (container.source) {
    out += container.compact_source();
  } else if (value.kind_ == Kind::array) {
    write_items(value.items(), out);
  } else {
    write_members(value.members(), out);
  }
}

std::string to_json(const Value& value) {
  std::string out;
  write(value, out);
  return out;
}

}  // namespace perdure::asl

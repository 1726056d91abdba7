#include <array>
#include <vector>

#include "asl/intrinsics/functions.h"
#include "asl/value/java_text.h"
#include "asl/value/utf8.h"
#include "base/hash.h"

namespace perdure::asl::intrinsics {
namespace {

bool in_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=';
}

// What is not UTF-8 becomes the replacement character, as in Java.
std::string made_valid(const std::string& bytes) {
  std::string out;
  const char* const end = bytes.data() + bytes.size();
  for (const char* at = bytes.data(); at < end;) {
    const CodePoint point = decode_utf8(at, end);
    append_utf8(point.code, out);
    at += point.bytes;
  }
  return out;
}

}  // namespace

Result<Value> base64_encode(Arguments arguments, Scope& scope) {
  PD_TRY(text, short_string_at(arguments, 0));
  return Value::string(perdure::base64_encode(text), scope.arena);
}

// MIME: line breaks and other foreign characters do not count.
Result<Value> base64_decode(Arguments arguments, Scope& scope) {
  PD_TRY(text, short_string_at(arguments, 0));
  std::string clean;
  for (const char c : text) {
    if (in_base64(c)) clean += c;
  }
  const auto bytes = perdure::base64_decode(clean);
  if (!bytes) return failure("The argument is not valid Base64: " + std::string(text));
  return Value::string(made_valid(*bytes), scope.arena);
}

Result<Value> format(Arguments arguments, Scope& scope) {
  PD_TRY(text, string_at(arguments, 0));
  const Arguments values = arguments.subspan(1);
  size_t used = 0;
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      out += text[++i];
    } else if (c == '{') {
      if (text.substr(i, 2) != "{}") {
        return failure("Invalid template in States.Format: matching '}' not found for '{'.");
      }
      ++i;
      if (used < values.size()) append_java_text(values[used], out);
      ++used;
    } else if (c == '}') {
      return failure("Invalid template in States.Format: matching '{' not found for '}'.");
    } else {
      out += c;
    }
  }
  if (used != values.size()) {
    return failure("Invalid arguments in States.Format: the template has " + std::to_string(used) +
                   " occurrences of '{}' but " + std::to_string(values.size()) +
                   " arguments were given.");
  }
  return Value::string(out, scope.arena);
}

Result<Value> hash(Arguments arguments, Scope& scope) {
  PD_TRY(data, short_string_at(arguments, 0));
  PD_TRY(algorithm, string_at(arguments, 1));
  const auto digest = digest_hex(algorithm, data);
  if (!digest) {
    return failure("The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512 but was: " +
                   std::string(algorithm));
  }
  return Value::string(*digest, scope.arena);
}

// Each character of the second argument splits; nothing between two of them is nothing.
Result<Value> string_split(Arguments arguments, Scope& scope) {
  PD_TRY(text, string_at(arguments, 0));
  PD_TRY(delimiters, string_at(arguments, 1));
  if (!scope.budget.spend(static_cast<int64_t>(text.size() / 64))) return out_of_budget();
  std::vector<Value> parts;
  const char* const end = text.data() + text.size();
  const char* start = text.data();
  for (const char* at = start; at <= end;) {
    const size_t length = at < end ? decode_utf8(at, end).bytes : 1;
    const bool splits =
        at == end || delimiters.find(std::string_view(at, length)) != std::string_view::npos;
    if (splits) {
      if (at > start) parts.push_back(Value::string(std::string_view(start, at)));
      start = at + length;
    }
    at += length;
  }
  return Value::array(parts, scope.arena);
}

Result<Value> uuid(Arguments, Scope& scope) {
  std::array<char, 16> bytes;
  for (size_t half = 0; half < 2; ++half) {
    const uint64_t random = scope.random.next();
    for (size_t i = 0; i < 8; ++i) bytes[half * 8 + i] = static_cast<char>(random >> (8 * i));
  }
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // the usual variant
  std::string out = hex(std::string_view(bytes.data(), bytes.size()));
  for (const size_t place : {8, 13, 18, 23}) out.insert(place, "-");
  return Value::string(out, scope.arena);
}

}  // namespace perdure::asl::intrinsics

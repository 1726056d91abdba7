#pragma once
// The data plane's value: a 16-byte handle into an Arena. Copying is free, nothing is counted.
// Strings and number texts point into the source text or the arena.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asl/value/arena.h"
#include "base/result.h"

namespace perdure::asl {

enum class Kind : uint8_t { undefined, null, boolean, integer, number, string, array, object };

struct Member;

class Value {
 public:
  constexpr Value() = default;  // undefined

  static Value null();
  static Value boolean(bool b);
  static Value integer(int64_t n);
  static Value number(double d);
  // A number in the form it was written ("0.0", "1E400"): printed as it came. `text` must outlive
  // it.
  static Value number_text(std::string_view text);
  static Value string(
      std::string_view text);  // `text` must outlive the value (arena, source or literal)
  static Value string(std::string_view text, Arena& arena) { return string(arena.copy(text)); }
  static Value array(std::span<const Value> items, Arena& arena);  // copies the handles
  static Value object(std::span<const Member> members,
                      Arena& arena);  // keeps the order; keys unique

  Kind kind() const { return kind_; }
  bool is(Kind k) const { return kind_ == k; }
  bool defined() const { return kind_ != Kind::undefined; }
  bool is_number() const { return kind_ == Kind::integer || kind_ == Kind::number; }

  // Each needs the matching kind (asserted).
  bool as_boolean() const;
  int64_t as_integer() const;          // kind integer
  double as_double() const;            // integer or number; ±infinity past the range
  std::string_view as_string() const;  // UTF-8
  std::span<const Value> items() const;
  std::span<const Member> members() const;
  // The member's value, or undefined; fast for objects of any size.
  Value get(std::string_view key) const;
  size_t size() const { return size_; }  // of an array, object or string (bytes)

 private:
  Kind kind_ = Kind::undefined;
  bool is_text_ = false;  // of a number: text_ and size_ hold the form it was written in
  uint32_t size_ = 0;
  union {
    bool boolean_;
    int64_t integer_;
    double double_;
    const char* text_;
    const void* block_ = nullptr;
  };
  Value(Kind kind, size_t size, const void* block);

  friend class JsonParser;
  friend void write(const Value& value, std::string& out);
};
static_assert(sizeof(Value) == 16);

struct Member {
  std::string_view key;
  Value value;
};

// Deep equality. Numbers compare by value (1 == 1.0), objects without regard to order.
bool equal(const Value& a, const Value& b);

// Appends compact JSON: no spaces, keys in order, numbers in their form, only what must be escaped
// is (AWS writes non-ASCII characters as they are).
void write(const Value& value, std::string& out);
std::string to_json(const Value& value);

struct ParseLimits {
  uint32_t max_depth = 1000;  // nesting of arrays and objects
};

// Parses one JSON document. Strings of the result point into `text`, which must outlive the arena's
// use. Refused: anything RFC 8259 refuses, invalid UTF-8, more nesting than the limit. The last of
// several equal keys wins and stands at the place of the first (as Jackson does).
// `-0` is the integer 0; other numbers that are not int64 keep their form.
// The error's cause is the parser message that AWS shows for definitions (Jackson's words): the
// problem, then "\n at [Source: (String)\"...\"; line: 1, column: 4]".
Result<Value> parse_json(std::string_view text, Arena& arena, ParseLimits limits = {});

// The problem alone, as AWS shows it for an execution's input.
std::string_view without_location(std::string_view cause);
// What stands in the brackets, brackets included: "[Source: ...; line: 1, column: 4]".
std::string_view location_of(std::string_view cause);

// The same for definitions: equal keys in one object are reported by `duplicate_key`
// (path as JSON pointer) instead of being merged silently.
struct DuplicateKey {
  std::string pointer;  // of the object that has it twice
  std::string key;
};
Result<Value> parse_json(std::string_view text, Arena& arena, ParseLimits limits,
                         std::vector<DuplicateKey>& duplicates);

}  // namespace perdure::asl

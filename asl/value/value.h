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

enum class Kind : uint8_t {
  undefined,
  null,
  boolean,
  integer,
  number,
  string,
  array,
  object,
  function,  // only inside an evaluation: no document holds one
};

struct Member;

class Value {
 public:
  constexpr Value() = default;  // undefined

  static Value null() { return Value(Kind::null, 0, nullptr); }
  static Value boolean(bool b) {
    Value v(Kind::boolean, 0, nullptr);
    v.boolean_ = b;
    return v;
  }
  static Value integer(int64_t n) {
    Value v(Kind::integer, 0, nullptr);
    v.integer_ = n;
    return v;
  }
  static Value number(double d) {
    Value v(Kind::number, 0, nullptr);
    v.double_ = d;
    return v;
  }
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
  bool has_text() const { return is_text_; }  // a number in the form it was written

  // What an evaluator notes on a handle for itself; equality and the writer do not look at it.
  uint8_t marks() const { return marks_; }
  Value with_marks(uint8_t marks) const {
    Value v = *this;
    v.marks_ = marks;
    return v;
  }
  // A function or another thing of the evaluator's own, which must outlive the value.
  static Value function(const void* what) { return Value(Kind::function, 0, what); }
  const void* as_function() const {
    PD_ASSERT(kind_ == Kind::function);
    return block_;
  }
  // The numbers first, first + 1, ...: an array whose items are not there, so that nobody but its
  // maker, who marks it, may ask for them.
  static Value unmade_range(int64_t first, uint32_t count);
  int64_t range_first() const { return integer_; }
  // Where an array or object lies: two handles of one container have the same.
  const void* identity() const { return block_; }

  // Each needs the matching kind (asserted).
  bool as_boolean() const {
    PD_ASSERT(kind_ == Kind::boolean);
    return boolean_;
  }
  int64_t as_integer() const {  // kind integer
    PD_ASSERT(kind_ == Kind::integer);
    return integer_;
  }
  double as_double() const {  // integer or number; ±infinity past the range
    if (kind_ == Kind::integer) return static_cast<double>(integer_);
    PD_ASSERT(kind_ == Kind::number);
    return is_text_ ? text_as_double() : double_;
  }
  std::string_view as_string() const {  // UTF-8
    PD_ASSERT(kind_ == Kind::string);
    return {text_, size_};
  }
  std::span<const Value> items() const {
    PD_ASSERT(kind_ == Kind::array);
    // The items lie behind the header (asl/value/container.h).
    const auto* const header = static_cast<const char*>(block_);
    return {reinterpret_cast<const Value*>(header + header_bytes), size_};
  }
  std::span<const Member> members() const;
  // The member's value, or undefined; fast for objects of any size.
  Value get(std::string_view key) const;
  size_t size() const { return size_; }  // of an array, object or string (bytes)

 private:
  static constexpr size_t header_bytes = 16;  // of a container

  Kind kind_ = Kind::undefined;
  bool is_text_ = false;  // of a number: text_ and size_ hold the form it was written in
  uint8_t marks_ = 0;
  uint32_t size_ = 0;
  union {
    bool boolean_;
    int64_t integer_;
    double double_;
    const char* text_;
    const void* block_ = nullptr;
  };
  Value(Kind kind, uint32_t size, const void* block) : kind_(kind), size_(size), block_(block) {}
  double text_as_double() const;

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

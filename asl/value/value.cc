#include "asl/value/value.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "asl/value/container.h"

namespace perdure::asl {
namespace {

uint32_t checked_size(size_t size) {
  PD_ASSERT(size <= std::numeric_limits<uint32_t>::max());
  return static_cast<uint32_t>(size);
}

void keys_must_differ(void*, std::string_view) { PD_ASSERT(!"an object's keys are unique"); }

double parse_double(std::string_view text) {
  double result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error == std::errc()) return result;
  // Past the range of a double; strtod tells too large from too small.
  return std::strtod(std::string(text).c_str(), nullptr);
}

}  // namespace

Value Value::number_text(std::string_view text) {
  Value v(Kind::number, checked_size(text.size()), nullptr);
  v.is_text_ = true;
  v.text_ = text.data();
  return v;
}

Value Value::string(std::string_view text) {
  Value v(Kind::string, checked_size(text.size()), nullptr);
  v.text_ = text.data();
  return v;
}

Value Value::array(std::span<const Value> items, Arena& arena) {
  return Value(Kind::array, checked_size(items.size()), make_array(items, arena));
}

Value Value::object(std::span<const Member> members, Arena& arena) {
  const Container* const made = make_object(members, arena, keys_must_differ, nullptr);
  return Value(Kind::object, checked_size(members.size()), made);
}

Value Value::unmade_range(int64_t first, uint32_t count) {
  Value v(Kind::array, count, nullptr);
  v.integer_ = first;
  return v;
}

double Value::text_as_double() const { return parse_double({text_, size_}); }

std::span<const Member> Value::members() const {
  PD_ASSERT(kind_ == Kind::object);
  return {static_cast<const Container*>(block_)->members(), size_};
}

Value Value::get(std::string_view key) const {
  PD_ASSERT(kind_ == Kind::object);
  const auto& object = *static_cast<const Container*>(block_);
  const uint32_t at = find_position(object, size_, key);
  return at == no_position ? Value() : object.members()[at].value;
}

namespace {

bool equal_numbers(const Value& a, const Value& b) {
  if (a.is(Kind::integer) && b.is(Kind::integer)) return a.as_integer() == b.as_integer();
  return a.as_double() == b.as_double();
}

bool equal_arrays(std::span<const Value> a, std::span<const Value> b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (!equal(a[i], b[i])) return false;
  }
  return true;
}

bool equal_objects(const Value& a, const Value& b) {
  for (const Member& member : a.members()) {
    const Value other = b.get(member.key);
    if (!other.defined() || !equal(member.value, other)) return false;
  }
  return true;
}

}  // namespace

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return equal_numbers(a, b);
  if (a.kind() != b.kind() || a.size() != b.size()) return false;
  switch (a.kind()) {
    case Kind::boolean:
      return a.as_boolean() == b.as_boolean();
    case Kind::string:
      return a.as_string() == b.as_string();
    case Kind::array:
      return equal_arrays(a.items(), b.items());
    case Kind::object:
      return equal_objects(a, b);
    default:
      return true;
  }
}

}  // namespace perdure::asl

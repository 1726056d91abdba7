// What the operators and functions make of values: truth, text, equality, one after the other.

#include <algorithm>
#include <cmath>

#include "asl/jsonata/evaluator.h"
#include "asl/jsonata/text/numbers.h"
#include "asl/value/utf8.h"

namespace perdure::asl::jsonata {
namespace {

constexpr uint32_t deepest = 1000;  // values inside values that are walked or handed out

void write_unit_escape(uint32_t unit, std::string& out) {
  constexpr char digits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[(unit >> shift) & 0xf];
}

// Half of a pair alone, as the lexer keeps it: three bytes that UTF-8 does not allow.
bool is_lone_surrogate(std::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]) == 0xed && at + 2 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) >= 0xa0;
}

// JSON.stringify's form of a text.
void write_quoted(std::string_view text, std::string& out) {
  constexpr std::string_view named = "\b\f\n\r\t\"\\";
  constexpr std::string_view letters = "bfnrt\"\\";
  out += '"';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (const size_t n = named.find(c); n != named.npos) {
      out += '\\';
      out += letters[n];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      write_unit_escape(static_cast<unsigned char>(c), out);
    } else if (is_lone_surrogate(text, i)) {
      const auto low = [&](size_t at) { return static_cast<unsigned char>(text[at]) & 0x3fu; };
      write_unit_escape(0xd000 | (low(i + 1) << 6) | low(i + 2), out);
      i += 2;
    } else {
      out += c;
    }
  }
  out += '"';
}

// Writes a value as JSON for $string.
class TextWriter {
 public:
  TextWriter(Evaluator& evaluator, std::string& out, bool pretty)
      : evaluator_(evaluator), out_(out), pretty_(pretty) {}

  bool write(const Value& value, uint32_t depth) {
    if (depth > deepest) return (void)evaluator_.out_of(Evaluator::Bound::depth), false;
    if (!evaluator_.spend()) return (void)evaluator_.out_of(Evaluator::Bound::time), false;
    if (out_.size() > evaluator_.longest_text()) {
      return (void)evaluator_.out_of(Evaluator::Bound::memory), false;
    }
    switch (value.kind()) {
      case Kind::undefined:
      case Kind::null:
        out_ += "null";
        return true;
      case Kind::boolean:
        out_ += value.as_boolean() ? "true" : "false";
        return true;
      case Kind::integer:
        out_ += std::to_string(value.as_integer());
        return true;
      case Kind::number:
        return write_number(value);
      case Kind::string:
        write_quoted(value.as_string(), out_);
        return true;
      case Kind::function:
        out_ += "\"\"";
        return true;
      case Kind::array:
        return write_array(value, depth);
      case Kind::object:
        return write_object(value, depth);
    }
    return true;
  }

 private:
  bool write_number(const Value& value) {
    const double d = value.as_double();
    if (std::isinf(d)) return (void)evaluator_.fail("D1001", "null"), false;
    if (std::isnan(d)) {
      out_ += "null";
    } else {
      text::append_number(d, out_);
    }
    return true;
  }

  void new_line(uint32_t depth) {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(2 * static_cast<size_t>(depth), ' ');
  }

  bool write_array(const Value& value, uint32_t depth) {
    const auto items = evaluator_.items(value);
    if (items.size() != value.size()) return false;
    out_ += '[';
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      new_line(depth + 1);
      if (!write(items[i], depth + 1)) return false;
    }
    if (!items.empty()) new_line(depth);
    out_ += ']';
    return true;
  }

  bool write_object(const Value& value, uint32_t depth) {
    out_ += '{';
    bool first = true;
    for (const Member& member : value.members()) {
      if (!member.value.defined()) continue;
      if (!first) out_ += ',';
      first = false;
      new_line(depth + 1);
      write_quoted(member.key, out_);
      out_ += pretty_ ? ": " : ":";
      if (!write(member.value, depth + 1)) return false;
    }
    if (!first) new_line(depth);
    out_ += '}';
    return true;
  }

  Evaluator& evaluator_;
  std::string& out_;
  bool pretty_;
};

}  // namespace

bool Evaluator::write_text(const Value& value, std::string& out, bool pretty) {
  switch (value.kind()) {
    case Kind::string:
      out += value.as_string();
      return true;
    case Kind::undefined:
    case Kind::function:
      return true;
    case Kind::number:
      if (std::isfinite(value.as_double())) break;
      return (void)fail("D3001"), false;
    default:
      break;
  }
  const Value inner = has(value, is_outer_wrapper) ? value.items().front() : value;
  return TextWriter(*this, out, pretty).write(inner, 0);
}

Value Evaluator::truth(const Value& given) {
  Value value = given;
  while (is_array(value) && value.size() == 1) value = items(value).front();
  switch (value.kind()) {
    case Kind::boolean:
      return value;
    case Kind::string:
    case Kind::object:
      return Value::boolean(value.size() > 0);
    case Kind::integer:
      return Value::boolean(value.as_integer() != 0);
    case Kind::number: {
      Value failure;
      const bool is_numeric = numeric(value, failure);
      if (failed(failure)) return failure;
      return Value::boolean(is_numeric && value.as_double() != 0);
    }
    case Kind::array: {
      if (has(value, is_range)) return Value::boolean(value.size() > 0);
      if (!spend(static_cast<int64_t>(value.size()))) return out_of(Bound::time);
      if (++depth_ > limits_.depth + deepest) return out_of(Bound::depth);
      for (const Value& item : value.items()) {
        JN_TRY(answer, truth(item));
        if (!answer.as_boolean()) continue;
        --depth_;
        return answer;
      }
      --depth_;
      return Value::boolean(false);
    }
    default:
      return Value::boolean(false);
  }
}

bool Evaluator::same(const Value& a, const Value& b, uint32_t depth) {
  if (a.is_number() && b.is_number()) return equal(a, b);
  if (a.kind() != b.kind() || depth > deepest) return false;
  if (a.is(Kind::string)) {
    return a.size() == b.size() && spend_bytes(a.size()) && a.as_string() == b.as_string();
  }
  if (a.is(Kind::function)) return a.as_function() == b.as_function();
  if (!is_array(a) && !a.is(Kind::object)) return equal(a, b);
  if (a.size() != b.size()) return false;
  if (!spend(static_cast<int64_t>(a.size()) + 1)) return false;
  if (is_array(a)) {
    const auto left = items(a);
    const auto right = items(b);
    if (left.size() != right.size()) return false;
    for (size_t i = 0; i < left.size(); ++i) {
      if (!same(left[i], right[i], depth + 1)) return false;
    }
    return true;
  }
  return std::ranges::all_of(a.members(), [&](const Member& member) {
    if (!spend_bytes(member.key.size())) return false;
    const Value other = b.get(member.key);
    return other.defined() && same(member.value, other, depth + 1);
  });
}

Value Evaluator::append(const Value& a, const Value& b) {
  if (!a.defined()) return b;
  if (!b.defined()) return a;
  Collector both(*this);
  if (!spend(static_cast<int64_t>(a.size() + b.size()))) return out_of(Bound::time);
  if (!both.push_flat(a) || !both.push_flat(b)) return fail(std::move(fault_));
  return both.array();
}

// The value without marks, ranges and numbers in another's form; functions in containers are left
// out or null, as JSON.stringify does. What needs no change keeps its handle, and so its text.
Value Evaluator::finished(const Value& value, uint32_t depth) {
  if (depth > deepest) return out_of(Bound::depth);
  if (!finishes(value)) return out_of(Bound::memory);
  switch (value.kind()) {
    case Kind::number:
      return number(value.as_double());
    case Kind::array:
      return finished_array(value, depth);
    case Kind::object:
      return finished_object(value, depth);
    case Kind::function:
      return depth == 0 && function_of(value).type != FunctionType::tuple ? value : Value();
    default:
      return value.with_marks(0);
  }
}

// What is small in memory may be large as text: one text may stand in many places.
bool Evaluator::finishes(const Value& value) {
  constexpr size_t bytes_of_other = 8, bytes_of_double = 24;
  if (value.is(Kind::string)) {
    finished_bytes_ += value.size();
  } else {
    finished_bytes_ += value.is(Kind::number) ? bytes_of_double : bytes_of_other;
  }
  return finished_bytes_ <= limits_.arena_bytes;
}

namespace {

bool changed(const Value& before, const Value& after) {
  if (before.kind() != after.kind() || before.marks() != after.marks()) return true;
  if (before.is(Kind::number)) return before.has_text();
  return (is_array(before) || before.is(Kind::object)) && before.identity() != after.identity();
}

}  // namespace

Value Evaluator::finished_array(const Value& value, uint32_t depth) {
  if (!spend(static_cast<int64_t>(value.size()))) return out_of(Bound::time);
  const auto all = items(value);
  if (all.size() != value.size()) return fail(std::move(fault_));
  Collector made(*this);
  bool differs = has(value, is_range);
  for (const Value& item : all) {
    Value done = finished(item, depth + 1);
    if (failed(done)) return done;
    if (!done.defined()) done = Value::null();
    differs = differs || changed(item, done);
    if (!made.push(done)) return fail(std::move(fault_));
  }
  return differs ? made.array() : value.with_marks(0);
}

Value Evaluator::finished_object(const Value& value, uint32_t depth) {
  if (!spend(static_cast<int64_t>(value.size()))) return out_of(Bound::time);
  Collector made(*this);
  bool differs = false;
  for (const Member& member : value.members()) {
    const Value done = finished(member.value, depth + 1);
    if (failed(done)) return done;
    differs = differs || changed(member.value, done);
    if (!made.push(done)) return fail(std::move(fault_));
  }
  if (!differs) return value.with_marks(0);
  std::vector<Member> members;
  for (size_t i = 0; i < made.size(); ++i) {
    if (made.at(i).defined()) members.push_back({value.members()[i].key, made.at(i)});
  }
  return object(members);
}

}  // namespace perdure::asl::jsonata

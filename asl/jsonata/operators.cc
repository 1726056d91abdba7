#include <cmath>
#include <cstring>

#include "asl/jsonata/evaluator.h"
#include "asl/value/java_text.h"

namespace perdure::asl::jsonata {
namespace {

constexpr double range_limit = 1e7;

std::string_view operator_text(Operator op) {
  constexpr std::string_view texts[] = {"",   "+", "-",  "*", "/",   "%",  "=",  "!=", "<",
                                        "<=", ">", ">=", "&", "and", "or", "in", ".."};
  return texts[static_cast<size_t>(op)];
}

bool is_whole(const Value& v) {
  return v.is(Kind::integer) || (v.is(Kind::number) && v.as_double() == std::trunc(v.as_double()));
}

bool has_order(const Value& v) { return v.is_number() || v.is(Kind::string); }

bool is_primitive_same(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return equal(a, b);
  if (a.kind() != b.kind()) return false;
  if (is_array(a) || a.is(Kind::object) || a.is(Kind::function)) {
    return a.identity() == b.identity() && a.size() == b.size();
  }
  return equal(a, b);
}

}  // namespace

Value number(double d) {
  constexpr double limit = 9.2e18;
  if (std::fabs(d) < limit) {
    const auto whole = static_cast<int64_t>(d);
    if (static_cast<double>(whole) == d) return Value::integer(whole);
  }
  // Between here and 2^63 as well; past it only a double can hold it.
  if (d == std::trunc(d) && d >= -0x1p63 && d < 0x1p63) {
    return Value::integer(static_cast<int64_t>(d));
  }
  return Value::number(d);
}

bool less(const Value& a, const Value& b) {
  if (a.is(Kind::integer) && b.is(Kind::integer)) return a.as_integer() < b.as_integer();
  if (a.is_number()) return a.as_double() < b.as_double();
  return java_compare(a.as_string(), b.as_string()) < 0;
}

namespace {

// Writes values as an evaluation has them: ranges that are not in memory, nested in any depth.
class Showing {
 public:
  std::string out;

  bool show(const Value& value, uint32_t depth) {
    constexpr size_t most_bytes = 256 * 1024;
    constexpr uint32_t deepest = 1000;
    if (out.size() > most_bytes || depth > deepest) return false;
    if (is_array(value)) return show_array(value, depth + 1);
    if (value.is(Kind::object)) return show_object(value, depth + 1);
    write(value, out);
    return true;
  }

 private:
  bool show_array(const Value& array, uint32_t depth) {
    out += '[';
    for (size_t i = 0; i < array.size(); ++i) {
      if (i > 0) out += ',';
      const Value item = has(array, is_range)
                             ? Value::integer(array.range_first() + static_cast<int64_t>(i))
                             : array.items()[i];
      if (!show(item, depth)) return false;
    }
    out += ']';
    return true;
  }
  bool show_object(const Value& object, uint32_t depth) {
    out += '{';
    for (const Member& member : object.members()) {
      if (&member != object.members().data()) out += ',';
      write(Value::string(member.key), out);
      out += ':';
      if (!show(member.value, depth)) return false;
    }
    out += '}';
    return true;
  }
};

}  // namespace

std::string shown(const Value& value) {
  Showing showing;
  if (value.defined()) (void)showing.show(value, 0);
  return std::move(showing.out);
}

bool Evaluator::numeric(const Value& value, Value& failure) {
  if (value.is(Kind::integer)) return true;
  if (!value.is(Kind::number)) return false;
  const double d = value.as_double();
  if (std::isfinite(d)) return true;
  if (std::isinf(d)) failure = fail("D1001", "null");
  return false;
}

Value Evaluator::binary(const Node& node, const Value& input, Frame* frame) {
  if (node.op == Operator::logical_and || node.op == Operator::logical_or) {
    return logical(node, input, frame);
  }
  JN_TRY(left, operand(*node.a, input, frame));
  JN_TRY(right, operand(*node.b, input, frame));
  const bool texts = left.is(Kind::string) && right.is(Kind::string);
  if (texts && !spend_bytes(std::min(left.size(), right.size()))) return out_of(Bound::time);
  Value result;
  switch (node.op) {
    case Operator::add:
    case Operator::subtract:
    case Operator::multiply:
    case Operator::divide:
    case Operator::remainder:
      result = arithmetic(node, left, right);
      break;
    case Operator::equal:
    case Operator::not_equal:
      if (!left.defined() || !right.defined()) return Value::boolean(false);
      return Value::boolean(same(left, right) == (node.op == Operator::equal));
    case Operator::concatenate:
      result = concatenation(left, right);
      break;
    case Operator::range:
      result = range(node, left, right);
      break;
    case Operator::contained:
      return contained(left, right);
    default:
      result = comparison(node, left, right);
  }
  if (failed(result) && fault_.code != "U1001") {
    fault_.position = node.position;
    fault_.token = operator_text(node.op);
  }
  return result;
}

Value Evaluator::arithmetic(const Node& node, const Value& left, const Value& right) {
  Value failure;
  if (left.defined() && !numeric(left, failure)) {
    return failed(failure) ? failure : fail("T2001", shown(left));
  }
  if (right.defined() && !numeric(right, failure)) {
    return failed(failure) ? failure : fail("T2002", shown(right));
  }
  if (!left.defined() || !right.defined()) return Value();
  const double a = left.as_double();
  const double b = right.as_double();
  switch (node.op) {
    case Operator::add:
      return number(a + b);
    case Operator::subtract:
      return number(a - b);
    case Operator::multiply:
      return number(a * b);
    case Operator::divide:
      return number(a / b);
    default:
      return number(std::fmod(a, b));
  }
}

Value Evaluator::comparison(const Node& node, const Value& left, const Value& right) {
  const bool comparable =
      (!left.defined() || has_order(left)) && (!right.defined() || has_order(right));
  if (!comparable) return fail("T2010", shown(has_order(left) ? right : left));
  if (!left.defined() || !right.defined()) return Value();
  if (left.is_number() != right.is_number()) return fail("T2009", shown(left), shown(right));
  switch (node.op) {
    case Operator::less:
      return Value::boolean(less(left, right));
    case Operator::less_or_equal:
      return Value::boolean(less(left, right) || equal(left, right));
    case Operator::greater:
      return Value::boolean(less(right, left));
    default:
      return Value::boolean(less(right, left) || equal(left, right));
  }
}

Value Evaluator::logical(const Node& node, const Value& input, Frame* frame) {
  const bool decisive = node.op == Operator::logical_or;
  for (const Node* side : {node.a, node.b}) {
    JN_TRY(value, operand(*side, input, frame));
    JN_TRY(answer, truth(value));
    if (answer.as_boolean() == decisive) return Value::boolean(decisive);
  }
  return Value::boolean(!decisive);
}

Value Evaluator::concatenation(const Value& left, const Value& right) {
  std::string texts[2];
  std::string_view parts[2];
  const Value* const sides[] = {&left, &right};
  for (int i = 0; i < 2; ++i) {
    if (sides[i]->is(Kind::string)) {
      parts[i] = sides[i]->as_string();
    } else if (sides[i]->defined()) {
      if (!write_text(*sides[i], texts[i])) return fail(std::move(fault_));
      parts[i] = texts[i];
    }
  }
  const size_t size = parts[0].size() + parts[1].size();
  if (!fits(size)) return out_of(Bound::memory);
  if (!spend(static_cast<int64_t>(size / 256))) return out_of(Bound::time);
  auto* const room = static_cast<char*>(arena_.allocate(size + 1, 1));
  char* at = room;
  for (const std::string_view part : parts) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return Value::string({room, size});
}

Value Evaluator::range(const Node& node, const Value& left, const Value& right) {
  if (left.defined() && !is_whole(left)) return fail("T2003", shown(left));
  if (right.defined() && !is_whole(right)) return fail("T2004", shown(right));
  if (!left.defined() || !right.defined()) return Value();
  const double first = left.as_double();
  const double last = right.as_double();
  if (first > last) return Value();
  const double size = last - first + 1;
  if (size > range_limit) {
    return fail_at(node, "D2014", "..", shown(number(size)));
  }
  if (std::fabs(first) > 0x1p53 || std::fabs(last) > 0x1p53) return fail("T2003", shown(left));
  const auto count = static_cast<uint32_t>(size);
  if (count == 1) return Value::array({&left, 1}, arena_).with_marks(is_sequence);
  // Counted as if it were in memory.
  if (size * 8 > static_cast<double>(limits_.value_bytes)) return out_of(Bound::memory);
  return Value::unmade_range(static_cast<int64_t>(first), count).with_marks(is_range | is_sequence);
}

Value Evaluator::contained(const Value& left, const Value& right) {
  if (!left.defined() || !right.defined()) return Value::boolean(false);
  if (!is_array(right)) return Value::boolean(is_primitive_same(left, right));
  if (!spend(static_cast<int64_t>(right.size()))) return out_of(Bound::time);
  const auto all = items(right);
  if (all.size() != right.size()) return fail(std::move(fault_));
  for (const Value& item : all) {
    const bool same_size = item.is(Kind::string) && item.size() == left.size();
    if (same_size && !spend_bytes(left.size())) return out_of(Bound::time);
    if (is_primitive_same(left, item)) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value Evaluator::negation(const Node& node, const Value& input, Frame* frame) {
  JN_TRY(value, operand(*node.a, input, frame));
  if (!value.defined()) return value;
  Value failure;
  if (numeric(value, failure)) return number(-value.as_double());
  if (failed(failure)) return failure;
  return fail_at(node, "D1002", "-", shown(value));
}

}  // namespace perdure::asl::jsonata

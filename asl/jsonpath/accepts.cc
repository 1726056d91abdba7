// Filters: comparisons as Jayway 2.0.0 makes them.

#include <optional>

#include "asl/jsonpath/decimal.h"
#include "asl/jsonpath/evaluate.h"
#include "asl/value/java_text.h"

namespace perdure::asl::jsonpath {
namespace {

using Operator = Criterion::Operator;

// One side of a comparison at run time.
struct Side {
  Value value;  // undefined for a regular expression
  const Regex* regex = nullptr;

  bool is_null() const { return value.is(Kind::null); }
  // The word null counts as null.
  bool nullish() const {
    return is_null() || (value.is(Kind::string) && value.as_string() == "null");
  }
};

Result<Value> read(const Compiled& path, const Value& item, Document& document) {
  const Value& root = path.on_item ? item : document.root;
  PD_TRY(found, select(path, root, document, Purpose::comparison));
  return found.front();
}

Result<Side> side(const Operand& operand, const Value& item, Document& document) {
  if (operand.regex) return Side{Value(), operand.regex.get()};
  if (!operand.path) return Side{Value::string(operand.text)};
  PD_TRY(value, read(*operand.path, item, document));
  return Side{value};
}

// A quote inside a text may be written with a backslash.
std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) != "\\'") out += text[i];
  }
  return out;
}

bool is_true(std::string_view text) {
  constexpr std::string_view word = "true";
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if ((text[i] | 0x20) != word[i]) return false;
  }
  return true;
}

Result<int> compare_numbers(const Value& right, const Value& left) {
  if (right.is(Kind::integer) && left.is(Kind::integer)) {
    const int64_t a = right.as_integer(), b = left.as_integer();
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (right.is_number()) return Decimal::of(right).compare(Decimal::of(left));
  PD_TRY(number, Decimal::parse(right.as_string()));
  return number.compare(Decimal::of(left));
}

int compare_booleans(bool a, bool b) { return static_cast<int>(a) - static_cast<int>(b); }

bool same_container(const Value& a, const Value& b) {
  if (a.kind() != b.kind() || a.size() != b.size()) return false;
  if (a.is(Kind::array)) return a.items().data() == b.items().data();
  return a.is(Kind::object) && a.members().data() == b.members().data();
}

// The order of the right side against the left; nothing for what cannot be compared. The sides are
// not alike: a text on the right may stand for a number or a boolean.
Result<std::optional<int>> compare(const Side& right, const Side& left) {
  const Value &r = right.value, &l = left.value;
  if (same_container(r, l)) return 0;
  if (right.nullish() || left.nullish()) {
    return compare_booleans(!right.nullish(), !left.nullish());
  }
  if (right.regex || left.regex) return std::optional<int>();
  if (r.is(Kind::string) && l.is(Kind::string)) {
    return java_compare(unescaped(r.as_string()), l.as_string());
  }
  if (l.is_number() && (r.is_number() || r.is(Kind::string))) {
    PD_TRY(order, compare_numbers(r, l));
    return order;
  }
  if (l.is(Kind::boolean) && r.is(Kind::string)) {
    return compare_booleans(is_true(r.as_string()), l.as_boolean());
  }
  if (l.is(Kind::boolean) && r.is(Kind::boolean)) {
    return compare_booleans(r.as_boolean(), l.as_boolean());
  }
  return std::optional<int>();
}

bool holds(Operator op, int order) {
  switch (op) {
    case Operator::equal:
      return order == 0;
    case Operator::not_equal:
      return order != 0;
    case Operator::greater:
      return order < 0;
    case Operator::greater_or_equal:
      return order <= 0;
    case Operator::less:
      return order > 0;
    case Operator::less_or_equal:
      return order >= 0;
    default:
      return false;
  }
}

Result<bool> matches(const Side& left, const Side& right, Document& document) {
  const Regex* const regex = left.regex ? left.regex : right.regex;
  if (!regex) {
    return Error{ErrorKind::runtime, "ClassCastException",
                 "class java.lang.String cannot be cast to class java.util.regex.Pattern"};
  }
  const Side& target = left.regex ? right : left;
  if (target.regex || target.is_null()) return false;
  const std::string text = java_text(target.value);
  if (!document.budget.spend(1 + static_cast<int64_t>(text.size() / 16))) return out_of_budget();
  return regex->matches(text);
}

Result<bool> judge(const Criterion& criterion, const Value& item, Document& document) {
  if (criterion.op == Operator::exists || criterion.op == Operator::missing) {
    // Even a path that begins with $ is looked for in the item.
    PD_TRY(found, select(*criterion.left.path, item, document, Purpose::existence));
    return found.front().is(Kind::null) == (criterion.op == Operator::missing);
  }
  PD_TRY(left, side(criterion.left, item, document));
  PD_TRY(right, side(criterion.right, item, document));
  if (criterion.op == Operator::matches) return matches(left, right, document);
  const bool equality = criterion.op == Operator::equal || criterion.op == Operator::not_equal;
  if (!equality && left.is_null() != right.is_null()) return false;
  PD_TRY(order, compare(right, left));
  return order.has_value() && holds(criterion.op, *order);
}

// A path that finds nothing is no match, whatever is asked of it, except that it is missing.
Result<bool> judge_or_absent(const Criterion& criterion, const Value& item, Document& document) {
  if (!document.budget.spend()) return out_of_budget();
  auto judged = judge(criterion, item, document);
  if (!judged && judged.error().name == not_found_error) {
    return criterion.op == Operator::missing;
  }
  return judged;
}

}  // namespace

Result<bool> accepts(const Filter& filter, const Value& item, Document& document) {
  bool group = true;  // the criteria joined by && so far
  for (size_t i = filter.criteria.size(); i-- > 0;) {
    if (group) {
      PD_TRY(judged, judge_or_absent(filter.criteria[i], item, document));
      group = judged;
    }
    const bool group_ends = i == 0 || !filter.and_joined[i - 1];
    if (!group_ends) continue;
    if (group) return true;
    group = true;
  }
  return false;
}

}  // namespace perdure::asl::jsonpath

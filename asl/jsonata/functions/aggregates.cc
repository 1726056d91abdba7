#include "asl/jsonata/functions/functions.h"

namespace perdure::asl::jsonata::functions {

std::span<const Value> items_of(const Call& call, const Value& array, bool& ok) {
  const auto items = call.evaluator.items(array);
  ok = items.size() == array.size();
  return items;
}

bool readable(const Call& call, const Value& picture) {
  constexpr size_t longest = 1'000;
  constexpr int64_t steps_per_byte = 10;
  if (!picture.is(Kind::string)) return true;
  const auto size = static_cast<int64_t>(picture.size());
  if (picture.size() <= longest && call.evaluator.spend(size * steps_per_byte)) return true;
  return (void)call.evaluator.out_of(Evaluator::Bound::time), false;
}

Value again(const Call& call) { return call.evaluator.fail(call.evaluator.fault()); }

namespace {

// first + (first + 1) + ... of a range, without its items.
double range_sum(const Value& range) {
  const auto n = static_cast<double>(range.size());
  return n * (static_cast<double>(range.range_first()) + (n - 1) / 2);
}

bool total(const Call& call, const Value& array, double& sum) {
  if (has(array, is_range)) {
    sum = range_sum(array);
    return true;
  }
  if (!call.evaluator.spend(static_cast<int64_t>(array.size()))) return false;
  sum = 0;
  for (const Value& item : array.items()) sum += item.as_double();
  return true;
}

template <class Better>
Value best(const Call& call, Better&& better) {
  const Value array = call[0];
  if (!array.defined() || array.size() == 0) return Value();
  bool ok = false;
  const auto items = items_of(call, array, ok);
  if (!ok) return again(call);
  if (!call.evaluator.spend(static_cast<int64_t>(items.size()))) {
    return call.evaluator.out_of(Evaluator::Bound::time);
  }
  Value found = items[0];
  for (const Value& item : items.subspan(1)) {
    if (better(item, found)) found = item;
  }
  return found;
}

}  // namespace

Value sum(const Call& call) {
  const Value array = call[0];
  if (!array.defined()) return array;
  double sum = 0;
  if (!total(call, array, sum)) return call.evaluator.out_of(Evaluator::Bound::time);
  return jsonata::number(sum);
}

Value count(const Call& call) {
  const Value array = call[0];
  return Value::integer(array.defined() ? static_cast<int64_t>(array.size()) : 0);
}

Value max(const Call& call) {
  return best(call, [](const Value& a, const Value& b) { return less(b, a); });
}

Value min(const Call& call) {
  return best(call, [](const Value& a, const Value& b) { return less(a, b); });
}

Value average(const Call& call) {
  const Value array = call[0];
  if (!array.defined() || array.size() == 0) return Value();
  double sum = 0;
  if (!total(call, array, sum)) return call.evaluator.out_of(Evaluator::Bound::time);
  return jsonata::number(sum / static_cast<double>(array.size()));
}

}  // namespace perdure::asl::jsonata::functions

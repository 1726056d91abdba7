#include <algorithm>

#include "asl/jsonata/flat_index.h"
#include "asl/jsonata/functions/functions.h"

namespace perdure::asl::jsonata::functions {

Value append(const Call& call) { return call.evaluator.append(call[0], call[1]); }

Value reverse(const Call& call) {
  const Value array = call[0];
  if (!array.defined() || array.size() <= 1) return array;
  bool ok = false;
  const auto items = items_of(call, array, ok);
  if (!ok) return again(call);
  Collector made(call.evaluator);
  for (size_t i = items.size(); i-- > 0;) {
    if (!made.push(items[i])) return again(call);
  }
  return made.array();
}

Value sort(const Call& call) {
  const Value array = call[0];
  if (!array.defined() || array.size() <= 1) return array;
  if (call[1].defined()) return call.evaluator.sort(array, call[1], call.frame);
  bool ok = false;
  const auto items = items_of(call, array, ok);
  if (!ok) return again(call);
  const auto all = [&](auto is) { return std::ranges::all_of(items, is); };
  if (!all([](const Value& v) { return v.is_number(); }) &&
      !all([](const Value& v) { return v.is(Kind::string); })) {
    const Value failure = call.evaluator.fail("D3070");
    call.evaluator.fault().index = 1;
    return failure;
  }
  return call.evaluator.sort(array, Value(), call.frame);
}

Value shuffle(const Call& call) {
  const Value array = call[0];
  if (!array.defined() || array.size() <= 1) return array;
  bool ok = false;
  const auto items = items_of(call, array, ok);
  if (!ok) return again(call);
  Collector made(call.evaluator);
  for (const Value& item : items) {
    if (!made.push(item)) return again(call);
  }
  for (size_t i = made.size(); i-- > 1;) {
    const uint64_t other = call.evaluator.surroundings().random.next() % (i + 1);
    std::swap(made.at(i), made.at(static_cast<size_t>(other)));
  }
  return made.array();
}

namespace {

bool is_primitive(const Value& value) {
  return !is_array(value) && !value.is(Kind::object) && !value.is(Kind::function);
}

// Of values of which equal ones have equal hashes.
uint64_t primitive_hash(const FlatIndex& index, const Value& value) {
  if (value.is(Kind::string)) return index.hash(value.as_string());
  const double number = value.is_number()         ? value.as_double() + 0.0  // -0 is 0
                        : value.is(Kind::boolean) ? (value.as_boolean() ? 2.5 : 3.5)
                                                  : 4.5;
  return index.hash({reinterpret_cast<const char*>(&number), sizeof number});
}

}  // namespace

Value distinct(const Call& call) {
  const Value array = call[0];
  if (!is_array(array) || array.size() <= 1 || has(array, is_range)) return array;
  Collector made(call.evaluator);
  FlatIndex seen;
  std::vector<Value> compared;
  for (const Value& item : array.items()) {
    const size_t bytes = item.is(Kind::string) ? item.size() : 0;
    if (!call.evaluator.spend() || !call.evaluator.spend_bytes(bytes)) {
      return call.evaluator.out_of(Evaluator::Bound::time);
    }
    if (is_primitive(item)) {
      const auto place = static_cast<uint32_t>(made.size());
      const auto same = [&](uint32_t at) { return call.evaluator.same(item, made.at(at)); };
      if (seen.add(primitive_hash(seen, item), place, same) != place) continue;
    } else {
      if (!call.evaluator.spend(static_cast<int64_t>(compared.size()))) {
        return call.evaluator.out_of(Evaluator::Bound::time);
      }
      const auto same = [&](const Value& other) { return call.evaluator.same(item, other); };
      if (std::ranges::any_of(compared, same)) continue;
      compared.push_back(item);
    }
    if (!made.push(item)) return again(call);
  }
  return made.array(array.marks() & is_sequence);
}

namespace {

Value zip_row(const Call& call, const std::vector<std::span<const Value>>& arrays, size_t at) {
  Collector row(call.evaluator);
  for (const auto& array : arrays) {
    if (!row.push(array[at])) return again(call);
  }
  return row.array();
}

}  // namespace

Value zip(const Call& call) {
  size_t length = SIZE_MAX;
  for (const Value& array : call.arguments) {
    length = std::min(length, is_array(array) ? array.size() : 0);
  }
  std::vector<std::span<const Value>> arrays;
  for (const Value& array : call.arguments) {
    if (length == 0) break;
    bool ok = false;
    arrays.push_back(items_of(call, array, ok));
    if (!ok) return again(call);
  }
  Collector made(call.evaluator);
  for (size_t i = 0; i < length && !arrays.empty(); ++i) {
    JN_TRY(row, zip_row(call, arrays, i));
    if (!made.push(row)) return again(call);
  }
  return made.array();
}

}  // namespace perdure::asl::jsonata::functions

#include <cmath>
#include <unordered_map>
#include <vector>

#include "asl/intrinsics/functions.h"

namespace perdure::asl::intrinsics {
namespace {

constexpr int64_t most_range_items = 1000;

// Equal values have equal hashes: numbers count by value, members without regard to order.
uint64_t hash_of(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
    case Kind::null:
    case Kind::function:
      return 1;
    case Kind::boolean:
      return value.as_boolean() ? 2 : 3;
    case Kind::integer:
    case Kind::number:
      return std::hash<double>()(value.as_double());
    case Kind::string:
      return std::hash<std::string_view>()(value.as_string());
    case Kind::array: {
      uint64_t sum = 5;
      for (const Value& item : value.items()) sum = sum * 31 + hash_of(item);
      return sum;
    }
    case Kind::object: {
      uint64_t sum = 7;
      for (const Member& member : value.members()) {
        sum += std::hash<std::string_view>()(member.key) * (2 * hash_of(member.value) + 1);
      }
      return sum;
    }
  }
  return 0;
}

Result<void> spend(Scope& scope, size_t steps) {
  if (!scope.budget.spend(static_cast<int64_t>(steps))) return out_of_budget();
  return {};
}

}  // namespace

Result<Value> array(Arguments arguments, Scope& scope) {
  return Value::array(arguments, scope.arena);
}

Result<Value> array_contains(Arguments arguments, Scope& scope) {
  PD_TRY(items, array_at(arguments, 0));
  PD_CHECK(spend(scope, items.size()));
  for (const Value& item : items) {
    if (equal(item, arguments[1])) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Result<Value> array_get_item(Arguments arguments, Scope&) {
  PD_TRY(items, array_at(arguments, 0));
  PD_TRY(index, integer_at(arguments, 1));
  if (index < 0 || index >= static_cast<int64_t>(items.size())) {
    return failure("The index " + std::to_string(index) +
                   " is out of the bounds of an array of length " + std::to_string(items.size()));
  }
  return items[static_cast<size_t>(index)];
}

Result<Value> array_length(Arguments arguments, Scope&) {
  PD_TRY(items, array_at(arguments, 0));
  return Value::integer(static_cast<int64_t>(items.size()));
}

Result<Value> array_partition(Arguments arguments, Scope& scope) {
  PD_TRY(items, array_at(arguments, 0));
  PD_TRY(size, integer_at(arguments, 1));
  if (size < 1) return failure("The chunk size must be positive but was: " + std::to_string(size));
  PD_CHECK(spend(scope, items.size()));
  const auto step = static_cast<size_t>(size);
  std::vector<Value> chunks;
  for (size_t i = 0; i < items.size(); i += step) {
    const auto chunk = items.subspan(i, std::min(step, items.size() - i));
    chunks.push_back(Value::array(chunk, scope.arena));
  }
  return Value::array(chunks, scope.arena);
}

Result<Value> array_range(Arguments arguments, Scope& scope) {
  PD_TRY(first, integer_at(arguments, 0));
  PD_TRY(last, integer_at(arguments, 1));
  PD_TRY(step, integer_at(arguments, 2));
  if (step == 0) return failure("The step must not be zero");
  const int64_t count = (last - first) / step + 1;
  const bool leads_away = step > 0 ? first > last : first < last;
  if (!leads_away && count > most_range_items) {
    return failure("The range has more than 1000 items");
  }
  PD_CHECK(spend(scope, leads_away ? 0 : static_cast<size_t>(count)));
  std::vector<Value> items;
  for (int64_t i = 0; !leads_away && i < count; ++i) {
    items.push_back(Value::integer(first + i * step));
  }
  return Value::array(items, scope.arena);
}

Result<Value> array_unique(Arguments arguments, Scope& scope) {
  PD_TRY(items, array_at(arguments, 0));
  PD_CHECK(spend(scope, items.size()));
  std::vector<Value> kept;
  std::unordered_multimap<uint64_t, size_t> seen;  // positions in kept, by hash
  for (const Value& item : items) {
    const uint64_t key = hash_of(item);
    bool known = false;
    for (auto [it, end] = seen.equal_range(key); it != end && !known; ++it) {
      PD_CHECK(spend(scope, 1));
      known = equal(kept[it->second], item);
    }
    if (known) continue;
    seen.emplace(key, kept.size());
    kept.push_back(item);
  }
  return Value::array(kept, scope.arena);
}

}  // namespace perdure::asl::intrinsics

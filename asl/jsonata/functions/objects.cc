#include "asl/jsonata/flat_index.h"
#include "asl/jsonata/functions/functions.h"

namespace perdure::asl::jsonata::functions {
namespace {

constexpr uint32_t deepest = 1000;

bool collect_keys(const Call& call, const Value& value, uint32_t depth, FlatIndex& seen,
                  Collector& found) {
  Evaluator& evaluator = call.evaluator;
  if (depth > deepest) return (void)evaluator.out_of(Evaluator::Bound::depth), false;
  if (!evaluator.spend(static_cast<int64_t>(value.size()) + 1)) {
    return (void)evaluator.out_of(Evaluator::Bound::time), false;
  }
  if (value.is(Kind::object)) {
    for (const Member& member : value.members()) {
      if (!evaluator.spend_bytes(member.key.size())) {
        return (void)evaluator.out_of(Evaluator::Bound::time), false;
      }
      const auto place = static_cast<uint32_t>(found.size());
      const auto same = [&](uint32_t at) { return found.at(at).as_string() == member.key; };
      const bool added = seen.add(seen.hash(member.key), place, same) == place;
      if (added && !found.push(Value::string(member.key))) return false;
    }
  } else if (is_array(value) && !has(value, is_range)) {
    for (const Value& item : value.items()) {
      if (!collect_keys(call, item, depth + 1, seen, found)) return false;
    }
  }
  return true;
}

bool spread_into(const Call& call, const Value& value, uint32_t depth, Collector& found) {
  Evaluator& evaluator = call.evaluator;
  if (depth > deepest) return (void)evaluator.out_of(Evaluator::Bound::depth), false;
  if (is_array(value)) {
    const auto items = evaluator.items(value);
    if (items.size() != value.size()) return false;
    for (const Value& item : items) {
      if (!spread_into(call, item, depth + 1, found)) return false;
    }
    return true;
  }
  if (!value.is(Kind::object)) return found.push(value);
  for (const Member& member : value.members()) {
    if (!evaluator.spend()) return (void)evaluator.out_of(Evaluator::Bound::time), false;
    const Value made = evaluator.object({&member, 1});
    if (failed(made) || !found.push(made)) return false;
  }
  return true;
}

}  // namespace

Value keys(const Call& call) {
  Collector found(call.evaluator);
  FlatIndex seen;
  if (!collect_keys(call, call[0], 0, seen, found)) return again(call);
  return found.sequence();
}

Value lookup(const Call& call) {
  if (!call[1].is(Kind::string)) return Value();
  return call.evaluator.lookup_name(call[0], call[1].as_string());
}

Value spread(const Call& call) {
  const Value value = call[0];
  if (!is_array(value) && !value.is(Kind::object)) return value;
  Collector found(call.evaluator);
  if (!spread_into(call, value, 0, found)) return again(call);
  // Of an array the reference makes no sequence: one object alone stays in its array.
  return found.array(is_array(value) && found.size() > 0 ? 0 : is_sequence);
}

Value merge(const Call& call) {
  const Value objects = call[0];
  if (!objects.defined()) return objects;
  std::vector<Member> members;
  FlatIndex places;
  for (const Value& object : objects.items()) {
    if (!object.is(Kind::object)) continue;
    if (!call.evaluator.spend(static_cast<int64_t>(object.size()))) {
      return call.evaluator.out_of(Evaluator::Bound::time);
    }
    for (const Member& member : object.members()) {
      if (!call.evaluator.spend_bytes(member.key.size())) {
        return call.evaluator.out_of(Evaluator::Bound::time);
      }
      const auto last = static_cast<uint32_t>(members.size());
      const auto same = [&](uint32_t at) { return members[at].key == member.key; };
      const uint32_t place = places.add(places.hash(member.key), last, same);
      if (place != last) {
        members[place].value = member.value;
        continue;
      }
      if (!call.evaluator.fits(places.bytes() + members.size() * sizeof(Member))) {
        return call.evaluator.out_of(Evaluator::Bound::memory);
      }
      members.push_back(member);
    }
  }
  return call.evaluator.object(members);
}

}  // namespace perdure::asl::jsonata::functions

// Order-by and $sort: the reference's merge sort, so that items are compared in its order and
// faults are its faults.

#include <cmath>
#include <functional>
#include <optional>

#include "asl/jsonata/evaluator.h"

namespace perdure::asl::jsonata {
namespace {

// Whether `a` belongs behind `b`; nothing for a failure.
using After = std::optional<bool>;

// Texts may be long.
bool affordable(Evaluator& evaluator, const Value& a, const Value& b) {
  if (!a.is(Kind::string) || !b.is(Kind::string)) return true;
  if (evaluator.spend_bytes(std::min(a.size(), b.size()))) return true;
  return (void)evaluator.out_of(Evaluator::Bound::time), false;
}

// What a comparator gives is not made a boolean by the rules of the language.
bool is_true_in_javascript(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
    case Kind::null:
      return false;
    case Kind::boolean:
      return value.as_boolean();
    case Kind::integer:
    case Kind::number:
      return value.as_double() != 0 && !std::isnan(value.as_double());
    case Kind::string:
      return value.size() > 0;
    default:
      return true;
  }
}

template <class Compare>
bool merge_sort(std::span<uint32_t> order, std::vector<uint32_t>& room, Compare&& after) {
  if (order.size() <= 1) return true;
  const size_t middle = order.size() / 2;
  const auto left = order.first(middle);
  const auto right = order.subspan(middle);
  if (!merge_sort(left, room, after) || !merge_sort(right, room, after)) return false;
  room.assign(left.begin(), left.end());
  size_t i = 0, j = 0, to = 0;
  while (i < middle && j < right.size()) {
    const After behind = after(room[i], right[j]);
    if (!behind) return false;
    order[to++] = *behind ? right[j++] : room[i++];
  }
  while (i < middle) order[to++] = room[i++];
  return true;
}

}  // namespace

// The keys of the items, worked out when they are first compared.
class Sorter {
 public:
  Sorter(Evaluator& evaluator, const Node& step, std::span<const Value> items, bool tuples,
         Frame* frame)
      : evaluator_(evaluator), step_(step), items_(items), tuples_(tuples), frame_(frame) {
    keys_.resize(items.size() * step.terms.size());
    known_.resize(keys_.size());
  }

  After after(uint32_t a, uint32_t b) {
    if (!evaluator_.spend()) return (void)evaluator_.out_of(Evaluator::Bound::time), std::nullopt;
    for (size_t term = 0; term < step_.terms.size(); ++term) {
      const Value* const left = key(a, term);
      const Value* const right = left ? key(b, term) : nullptr;
      if (!right) return std::nullopt;
      if (!left->defined() && !right->defined()) continue;
      // What has no key comes last, whatever the direction.
      if (!left->defined()) return true;
      if (!right->defined()) return false;
      if (!comparable(*left, *right)) return std::nullopt;
      if (!affordable(evaluator_, *left, *right)) return std::nullopt;
      if (equal(*left, *right)) continue;
      return less(*left, *right) == step_.terms[term].descending;
    }
    return false;
  }

 private:
  const Value* key(uint32_t item, size_t term) {
    const size_t at = item * step_.terms.size() + term;
    if (!known_[at]) {
      Value context = items_[item];
      Frame* frame = frame_;
      if (tuples_) {
        frame = evaluator_.tuple_frame(frame_, tuple_of(context));
        context = tuple_of(context).item;
      }
      keys_[at] = evaluator_.eval(*step_.terms[term].expression, context, frame);
      if (tuples_) evaluator_.release(frame);
      if (failed(keys_[at])) return nullptr;
      known_[at] = true;
    }
    return &keys_[at];
  }

  bool comparable(const Value& a, const Value& b) {
    const auto has_order = [](const Value& v) { return v.is_number() || v.is(Kind::string); };
    if (!has_order(a) || !has_order(b)) {
      (void)evaluator_.fail_at(step_, "T2008", {}, shown(has_order(a) ? b : a));
      return false;
    }
    if (a.is_number() == b.is_number()) return true;
    (void)evaluator_.fail_at(step_, "T2007", {}, shown(a), shown(b));
    return false;
  }

  Evaluator& evaluator_;
  const Node& step_;
  std::span<const Value> items_;
  bool tuples_;
  Frame* frame_;
  std::vector<Value> keys_;
  std::vector<char> known_;
};

namespace {

std::vector<uint32_t> positions(size_t count) {
  std::vector<uint32_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = static_cast<uint32_t>(i);
  return order;
}

}  // namespace

Value Evaluator::sort_step(const Node& step, const Value& input, Frame* frame) {
  const bool tuples = has(input, is_tuple_stream);
  const auto all = items_or_self(input);
  if (is_array(input) && all.size() != input.size()) return fail(std::move(fault_));
  if (all.size() <= 1 && !tuples && step.stages.empty()) {
    return has(input, is_cons) ? input : array(all, is_sequence);
  }
  if (!fits(all.size() * step.terms.size() * sizeof(Value))) return out_of(Bound::memory);
  auto order = positions(all.size());
  std::vector<uint32_t> room;
  Sorter sorter(*this, step, all, tuples, frame);
  const auto after = [&](uint32_t a, uint32_t b) { return sorter.after(a, b); };
  if (!merge_sort(order, room, after)) return fail(std::move(fault_));
  Collector sorted(*this);
  for (const uint32_t at : order) {
    if (!sorted.push(all[at])) return fail(std::move(fault_));
  }
  Value result = sorted.array(tuples ? is_sequence | is_tuple_stream : 0);
  if (tuples) {
    return tuple_stages(step, result, frame);
  }
  for (const Stage& stage : step.stages) {
    if (!failed(result) && stage.filter) result = filter(*stage.filter, result, frame);
  }
  return result;
}

Value Evaluator::sort(const Value& input, const Value& comparator, Frame* frame) {
  const auto all = items_or_self(input);
  if (is_array(input) && all.size() != input.size()) return fail(std::move(fault_));
  auto order = positions(all.size());
  std::vector<uint32_t> room;
  const auto after = [&](uint32_t a, uint32_t b) -> After {
    if (!spend()) return (void)out_of(Bound::time), std::nullopt;
    if (!comparator.defined()) {
      if (!affordable(*this, all[a], all[b])) return std::nullopt;
      return less(all[b], all[a]);
    }
    const Value pair[] = {all[a], all[b]};
    const Value answer = call(comparator, pair, Value::null(), frame);
    if (failed(answer)) return std::nullopt;
    return is_true_in_javascript(answer);
  };
  if (!merge_sort(order, room, after)) return fail(std::move(fault_));
  Collector sorted(*this);
  for (const uint32_t at : order) {
    if (!sorted.push(all[at])) return fail(std::move(fault_));
  }
  return sorted.array();
}

}  // namespace perdure::asl::jsonata

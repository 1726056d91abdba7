// Paths over plain items. A path is its steps, each of which takes every item that the step before
// has selected. What is selected are sequences: one item alone stands for itself, and none for
// nothing.

#include <cmath>

#include "asl/jsonata/evaluator.h"

namespace perdure::asl::jsonata {
namespace {

bool is_plain_name(const Node& step) {
  return step.type == NodeType::name && step.plain && !step.tuple && step.stages.empty();
}

bool is_flattened(const Value& v) { return is_array(v) && !has(v, is_cons); }

// What the items of a step come to: the last step's only result stays the array that it is.
class Selection {
 public:
  Selection(Evaluator& evaluator, bool last) : found_(evaluator), last_(last) {}

  bool add(const Value& value) {
    if (!value.defined()) return true;
    if (count_++ == 0) first_ = value;
    return is_flattened(value) ? found_.push_flat(value) : found_.push(value);
  }
  Value result() {
    const bool whole = last_ && count_ == 1 && is_array(first_) && !has(first_, is_sequence);
    return whole ? first_ : found_.sequence();
  }

 private:
  Collector found_;
  bool last_;
  size_t count_ = 0;
  Value first_;
};

}  // namespace

Value Evaluator::path(const Node& node, const Value& input, Frame* frame) {
  if (depth_ >= limits_.depth) return out_of(Bound::depth);
  Value current = input;
  size_t at = 0;
  // Names below objects select one value at most: nothing has to be gathered.
  while (at < node.items.size() && current.is(Kind::object) && is_plain_name(*node.items[at])) {
    if (!spend()) return out_of(Bound::time);
    current = current.get(node.items[at++]->text);
  }
  if (at == node.items.size() || (at > 0 && !current.defined())) {
    if (!node.grouping) return current;
    return group(*node.grouping, current, frame);
  }
  const bool many = is_array(current) && (at > 0 || node.items[0]->type != NodeType::variable);
  return path_from(node, at, current, many, frame);
}

Value Evaluator::path_from(const Node& node, size_t at, Value current, bool many, Frame* frame) {
  Value tuples;
  bool streaming = false;
  for (; at < node.items.size(); ++at) {
    const Node& step_node = *node.items[at];
    streaming = streaming || step_node.tuple;
    if (at == 0 && step_node.cons_array) {
      const Value all = many ? current : array({&current, 1}, is_sequence);
      current = eval(step_node, all, frame);
      // The reference goes on over the items of an array only, which a predicate behind the
      // brackets may have undone.
      if (!failed(current) && !is_array(current) && at + 1 < node.items.size()) return Value();
    } else if (streaming) {
      tuples = tuple_step(step_node, current, many, tuples.defined() ? &tuples : nullptr, frame);
      if (failed(tuples)) return tuples;
      continue;
    } else {
      current = step(step_node, current, many, at + 1 == node.items.size(), frame);
    }
    if (failed(current)) return current;
    const bool nothing = !current.defined() || (is_array(current) && current.size() == 0);
    if (nothing && !streaming) break;
    many = is_array(current);
  }
  if (streaming && tuples.defined()) {
    current = tuples;
    if (!node.tuple) current = tuple_items(tuples);
    if (failed(current)) return current;
  }
  if (node.keep_singleton && is_array(current)) {
    if (has(current, is_cons) && !has(current, is_sequence)) {
      current = array({&current, 1}, is_sequence);
    }
    current = marked(current, keeps_singleton);
  }
  if (node.grouping) return group(*node.grouping, tuples.defined() ? tuples : current, frame);
  return current;
}

Value Evaluator::step(const Node& step, const Value& current, bool many, bool last, Frame* frame) {
  if (step.type == NodeType::sort) return sort_step(step, current, frame);
  if (is_plain_name(step) && many) return name_step(step, current, last);
  const std::span<const Value> all = many ? items(current) : std::span(&current, 1);
  if (many && all.size() != current.size()) return fail(std::move(fault_));
  Selection selection(*this, last);
  for (const Value& item : all) {
    Value result = eval(step, item, frame);
    if (failed(result)) return result;
    for (const Stage& stage : step.stages) {
      if (stage.filter) result = filter(*stage.filter, result, frame);
      if (failed(result)) return result;
    }
    if (!selection.add(result)) return fail(std::move(fault_));
  }
  return selection.result();
}

Value Evaluator::name_step(const Node& step, const Value& current, bool last) {
  if (has(current, is_range)) return Value();
  if (!spend(static_cast<int64_t>(current.size()))) return out_of(Bound::time);
  Selection selection(*this, last);
  for (const Value& item : current.items()) {
    Value result;
    if (item.is(Kind::object)) {
      result = item.get(step.text);
    } else if (is_array(item)) {
      result = lookup_name(item, step.text);
      if (failed(result)) return result;
      if (has(result, is_sequence) && result.size() == 0) continue;
      if (has(result, is_sequence) && result.size() == 1) result = result.items().front();
    }
    if (!selection.add(result)) return fail(std::move(fault_));
  }
  return selection.result();
}

// Whether the predicate takes the item: by its position, where the predicate yields numbers, else
// by the truth of what it yields. `times`: a position named twice selects twice.
bool Evaluator::selects(const Node& predicate, const Value& item, size_t index, size_t count,
                        Frame* frame, Value& failure, size_t& times) {
  times = 0;
  const Value result = operand(predicate, item, frame);
  if (failed(result)) return failure = result, false;
  const auto names = [&](const Value& position) {
    double at = std::floor(position.as_double());
    if (at < 0) at += static_cast<double>(count);
    return at == static_cast<double>(index);
  };
  if (numeric(result, failure)) {
    times = names(result) ? 1 : 0;
    return true;
  }
  if (failed(failure)) return false;
  if (is_array(result) && result.size() > 0) {
    const auto positions = items(result);
    if (positions.size() != result.size()) return failure = fail(std::move(fault_)), false;
    bool numbers = true;
    for (const Value& v : positions) numbers = numbers && numeric(v, failure);
    if (failed(failure)) return false;
    if (numbers) {
      if (!spend(static_cast<int64_t>(positions.size()))) {
        return failure = out_of(Bound::time), false;
      }
      for (const Value& v : positions) times += names(v) ? 1 : 0;
      return true;
    }
  }
  const Value answer = truth(result);
  if (failed(answer)) return failure = answer, false;
  times = answer.as_boolean() ? 1 : 0;
  return true;
}

Value Evaluator::filter(const Node& predicate, const Value& input, Frame* frame) {
  const bool tuples = has(input, is_tuple_stream);
  const uint8_t marks = is_sequence | (tuples ? is_tuple_stream : 0);
  const bool many = is_array(input);
  if (predicate.type == NodeType::number && predicate.plain) {
    double at = std::floor(predicate.literal.as_double());
    const auto count = static_cast<double>(many ? input.size() : 1);
    if (at < 0) at += count;
    if (!(at >= 0 && at < count)) return array({}, marks);
    if (has(input, is_range)) return Value::integer(input.range_first() + static_cast<int64_t>(at));
    const Value item = many ? input.items()[static_cast<size_t>(at)] : input;
    return is_array(item) ? item : array({&item, item.defined() ? 1u : 0u}, marks);
  }
  const std::span<const Value> all = many ? items(input) : std::span(&input, 1);
  if (many && all.size() != input.size()) return fail(std::move(fault_));
  Collector found(*this);
  for (size_t i = 0; i < all.size(); ++i) {
    Value context = all[i];
    Frame* inner = frame;
    if (tuples) {
      context = tuple_of(all[i]).item;
      inner = tuple_frame(frame, tuple_of(all[i]));
    }
    Value failure;
    size_t times = 0;
    if (!selects(predicate, context, i, all.size(), inner, failure, times)) return failure;
    if (tuples) release(inner);
    for (; times > 0; --times) {
      if (!found.push(all[i])) return fail(std::move(fault_));
    }
  }
  return found.array(marks);
}

}  // namespace perdure::asl::jsonata

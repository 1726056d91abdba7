// Paths that carry something along: `@$x`, `#$i` and the parents that `%` reads. Their items travel
// as tuples: the item and what has been bound on the way.

#include "asl/jsonata/evaluator.h"

namespace perdure::asl::jsonata {
namespace {

constexpr uint8_t stream = is_sequence | is_tuple_stream;

Tuple* make_tuple(Arena& arena, const Value& item, Binding* bindings) {
  auto* const made = arena.make_array<Tuple>(1);
  *made = {{FunctionType::tuple}, item, bindings};
  return made;
}

Binding* bound(Arena& arena, Symbol symbol, const Value& value, Binding* next) {
  auto* const made = arena.make_array<Binding>(1);
  *made = {symbol, value, next};
  return made;
}

// Bindings of `inner` in front of those of `outer`; the lists stay as they are.
Binding* joined(Arena& arena, const Binding* inner, Binding* outer) {
  Binding* first = outer;
  Binding** tail = &first;
  for (; inner && inner != outer; inner = inner->next) {
    *tail = bound(arena, inner->symbol, inner->value, outer);
    tail = &(*tail)->next;
  }
  return first;
}

}  // namespace

Frame* Evaluator::tuple_frame(Frame* parent, const Tuple& tuple) {
  Frame* const frame = make_frame(parent);
  frame->first = frame->shared = tuple.bindings;
  return frame;
}

Value Evaluator::tuple_items(const Value& tuples) {
  Collector found(*this);
  for (const Value& tuple : tuples.items()) {
    if (!found.push(tuple_of(tuple).item)) return fail(std::move(fault_));
  }
  return found.sequence();
}

// Puts what a step made of one tuple on the stack, as tuples.
bool Evaluator::push_tuples(const Node& step, Tuple& tuple, const Value& result) {
  if (!result.defined()) return true;
  const std::span<const Value> all = is_array(result) ? items(result) : std::span(&result, 1);
  if (is_array(result) && all.size() != result.size()) return false;
  if (!fits(all.size() * (sizeof(Tuple) + 2 * sizeof(Binding)))) {
    return (void)out_of(Bound::memory), false;
  }
  const bool inner = has(result, is_tuple_stream);
  for (size_t i = 0; i < all.size(); ++i) {
    if (!spend()) return (void)out_of(Bound::time), false;
    Tuple* made;
    if (inner) {
      const Tuple& from = tuple_of(all[i]);
      made = make_tuple(arena_, from.item, joined(arena_, from.bindings, tuple.bindings));
    } else {
      made = make_tuple(arena_, step.focus ? tuple.item : all[i], tuple.bindings);
      if (step.focus) made->bindings = bound(arena_, step.focus, all[i], made->bindings);
      if (step.index) {
        const Value index = Value::integer(static_cast<int64_t>(i));
        made->bindings = bound(arena_, step.index, index, made->bindings);
      }
      if (step.ancestor) {
        made->bindings = bound(arena_, step.ancestor->label, tuple.item, made->bindings);
      }
    }
    if (!push(Value::function(made))) return false;
  }
  return true;
}

// One step of a path that streams tuples. `tuples`: null where the step is the first that does, and
// takes items.
Value Evaluator::tuple_step(const Node& step, const Value& current, bool many, const Value* tuples,
                            Frame* frame) {
  if (step.type == NodeType::sort) {
    Value sorted = sort_step(step, tuples ? *tuples : current, frame);
    if (failed(sorted) || tuples) return sorted;
    Collector made(*this);
    const auto all = items_or_self(sorted);
    for (size_t i = 0; i < all.size(); ++i) {
      Tuple* const tuple = make_tuple(arena_, all[i], nullptr);
      if (step.index) {
        tuple->bindings =
            bound(arena_, step.index, Value::integer(static_cast<int64_t>(i)), nullptr);
      }
      if (!made.push(Value::function(tuple))) return fail(std::move(fault_));
    }
    return tuple_stages(step, made.array(stream), frame);
  }
  std::span<const Value> all = tuples ? tuples->items() : std::span(&current, 1);
  if (!tuples && many) {
    all = items(current);
    if (all.size() != current.size()) return fail(std::move(fault_));
  }
  Collector made(*this);
  for (const Value& item : all) {
    Tuple plain{{FunctionType::tuple}, item, nullptr};
    Tuple& tuple = tuples ? tuple_of(item) : plain;
    Frame* const inner = tuple_frame(frame, tuple);
    JN_TRY(result, eval(step, tuple.item, inner));
    release(inner);
    if (!push_tuples(step, tuple, result)) return fail(std::move(fault_));
  }
  return tuple_stages(step, made.array(stream), frame);
}

Value Evaluator::tuple_stages(const Node& step, Value tuples, Frame* frame) {
  for (const Stage& stage : step.stages) {
    if (failed(tuples)) return tuples;
    if (stage.filter) {
      tuples = filter(*stage.filter, tuples, frame);
      continue;
    }
    int64_t at = 0;
    for (const Value& item : tuples.items()) {
      Tuple& tuple = tuple_of(item);
      tuple.bindings = bound(arena_, stage.index, Value::integer(at++), tuple.bindings);
    }
  }
  return tuples;
}

}  // namespace perdure::asl::jsonata

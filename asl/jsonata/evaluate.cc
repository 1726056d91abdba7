#include <algorithm>
#include <charconv>
#include <optional>

#include "asl/jsonata/evaluator.h"
#include "asl/jsonata/parser.h"
#include "base/give_way.h"

namespace perdure::asl::jsonata {
namespace {

constexpr int64_t steps_between_looks = 1024;

// What JavaScript takes for the index of an array: "0", "17", not "017".
std::optional<uint32_t> array_index(std::string_view key) {
  if (key.empty() || key.size() > 10 || key[0] < '0' || key[0] > '9') return std::nullopt;
  uint32_t index = 0;
  const char* const end = key.data() + key.size();
  const auto read = std::from_chars(key.data(), end, index);
  const bool whole = read.ec == std::errc() && read.ptr == end && index != UINT32_MAX;
  if (!whole || (key[0] == '0' && key.size() > 1)) return std::nullopt;
  return index;
}

bool is_leaf(const Node& node) {
  return node.plain && (node.type == NodeType::number || node.type == NodeType::string ||
                        node.type == NodeType::variable);
}

}  // namespace

Evaluator::Evaluator(const Program& program, const Surroundings& surroundings, const Limits& limits,
                     Budget& budget, Arena& arena)
    : program_(program),
      symbols_(&program.symbols),
      globals_(&program.globals),
      surroundings_(surroundings),
      limits_(limits),
      budget_(budget),
      arena_(arena),
      arena_before_(arena.bytes_used()) {}

Outcome<Value> Evaluator::run(const Value& input, const Value& bindings) {
  bindings_ = bindings;
  Value given = input;
  // A path over an input that is an array must not take it apart before its first step.
  if (is_array(given)) given = array({&given, 1}, is_sequence | is_outer_wrapper);
  Frame* const frame = make_frame(nullptr);
  bind(frame, root_symbol, given);
  Value result = eval(*program_.root, given, frame);
  if (!failed(result) && has(result, is_thunk)) result = continue_tail(result);
  if (!failed(result) && has(result, is_tuple_stream)) result = tuple_items(result);
  if (!failed(result)) result = finished(result, 0);
  if (failed(result)) return std::move(fault_);
  return result;
}

// An expression that comes as text: sees the variables of the place it is called from.
Value Evaluator::evaluate_text(std::string_view text, const Value& given, Frame* frame) {
  auto program = std::make_shared<Program>(*symbols_);
  program->globals = *globals_;
  auto compiled = compile_into(*program, std::string(text), program_.mode);
  if (!compiled) {
    const std::string message = message_of(compiled.error());
    return fail("D3120", json_text(message));
  }
  arena_.keep(program);
  symbols_ = &program->symbols;
  globals_ = &program->globals;
  Value input = given;
  if (is_array(input) && !has(input, is_sequence)) {
    input = array({&given, 1}, is_sequence | is_outer_wrapper);
  }
  const Value result = eval(*program->root, input, frame);
  if (!failed(result) || fault_.code == "U1001") return result;
  const std::string message = message_of(fault_);
  return fail("D3121", json_text(message));
}

// ---- faults ----------------------------------------------------------------------------------

Value Evaluator::fail(Fault fault) {
  // A regular expression took more steps than there are.
  if (fault.code == "D1012") return out_of(Bound::time);
  fault_ = std::move(fault);
  return Value().with_marks(is_failure);
}

Value Evaluator::fail(std::string_view code, std::string value, std::string value2) {
  Fault out;
  out.code = code;
  out.value = std::move(value);
  out.value2 = std::move(value2);
  return fail(std::move(out));
}

Value Evaluator::fail_at(const Node& node, std::string_view code, std::string_view token,
                         std::string value, std::string value2) {
  const Value failure = fail(code, std::move(value), std::move(value2));
  fault_.position = node.position;
  fault_.token = token;
  return failure;
}

Value Evaluator::out_of(Bound bound) {
  if (bound == Bound::time && !fits(0)) bound = Bound::memory;  // see look()
  switch (bound) {
    case Bound::depth:
      return fail("U1001",
                  "Stack overflow error: Check for non-terminating recursive function. Consider "
                  "rewriting as tail-recursive");
    case Bound::time:
      return fail("U1001", "Expression evaluation timeout: Check for infinite loop");
    case Bound::memory:
      return fail("U1001",
                  "Expression evaluation memory limit exceeded: Check for excessive memory usage");
  }
  return fail("U1001");
}

// Spends steps and looks around: the stop flag and the arena are not looked at with each step.
bool Evaluator::look(int64_t steps) {
  until_look_ = steps_between_looks;
  if (limits_.stop) {
    give_way();
    if (limits_.stop->load(std::memory_order_relaxed)) return false;
  }
  return fits(0) && budget_.spend(steps);
}

Budget& Evaluator::search_budget() {
  constexpr int64_t most_steps = 4'000'000;
  search_steps_ = std::clamp<int64_t>(budget_.steps, 0, most_steps);
  search_budget_.steps = search_steps_;
  return search_budget_;
}

Value Evaluator::searched() {
  const bool exhausted = search_budget_.exhausted();
  const int64_t used = search_steps_ - std::max<int64_t>(search_budget_.steps, 0);
  until_look_ = 0;
  return spend(used) && !exhausted ? Value() : out_of(Bound::time);
}

// ---- making values ---------------------------------------------------------------------------

bool Evaluator::fits(size_t bytes) {
  return bytes <= limits_.value_bytes &&
         arena_.bytes_used() - arena_before_ + held_bytes_ + bytes <= limits_.arena_bytes;
}

Value Evaluator::text(std::string_view text) {
  if (!fits(text.size())) return out_of(Bound::memory);
  return Value::string(text, arena_);
}

Value Evaluator::owned_text(std::string_view text) { return Value::string(text); }

Value Evaluator::made(Outcome<std::string> outcome) {
  if (!outcome) return fail(std::move(outcome).error());
  return text(*outcome);
}

Value Evaluator::array(std::span<const Value> items, uint8_t marks) {
  // Eight bytes an item, as AWS counts; ours take sixteen.
  if (!fits(items.size() * 8)) return out_of(Bound::memory);
  return Value::array(items, arena_).with_marks(marks);
}

Value Evaluator::object(std::span<const Member> members) {
  if (!fits(members.size_bytes())) return out_of(Bound::memory);
  const bool indexed =
      std::ranges::any_of(members, [](const Member& m) { return array_index(m.key).has_value(); });
  // AWS keeps the order in which keys come; JavaScript puts whole numbers first, by value.
  if (!indexed || program_.mode == Mode::aws) return Value::object(members, arena_);
  std::vector<Member> ordered(members.begin(), members.end());
  std::ranges::stable_sort(ordered, [](const Member& a, const Member& b) {
    const auto left = array_index(a.key);
    const auto right = array_index(b.key);
    return left && (!right || *left < *right);
  });
  return Value::object(ordered, arena_);
}

std::span<const Value> Evaluator::items(const Value& array) {
  if (!has(array, is_range)) return array.items();
  const size_t count = array.size();
  if (!fits(count * sizeof(Value)) || !spend(static_cast<int64_t>(count))) {
    (void)out_of(Bound::memory);
    return {};
  }
  auto* const made = arena_.make_array<Value>(count);
  const int64_t first = array.range_first();
  for (size_t i = 0; i < count; ++i) made[i] = Value::integer(first + static_cast<int64_t>(i));
  return {made, count};
}

std::span<const Value> Evaluator::items_or_self(const Value& value) {
  if (is_array(value)) return items(value);
  if (!value.defined()) return {};
  auto* const made = arena_.make_array<Value>(1);
  *made = value;
  return {made, 1};
}

bool Evaluator::push(const Value& value) {
  if (scratch_.size() >= most_items) {
    (void)out_of(Bound::memory);
    return false;
  }
  scratch_.push_back(value);
  return true;
}

bool Collector::push_flat(const Value& value) {
  if (!is_array(value)) return push(value);
  const auto items = evaluator_.items(value);
  if (items.size() != value.size()) return false;
  for (const Value& item : items) {
    if (!push(item)) return false;
  }
  return true;
}

// ---- frames ----------------------------------------------------------------------------------

Frame* Evaluator::make_frame(Frame* parent) {
  Frame* made = free_frames_;
  if (made) {
    free_frames_ = made->parent;
  } else {
    made = arena_.make_array<Frame>(1);
  }
  *made = {parent, nullptr, nullptr, false};
  return made;
}

void Evaluator::bind(Frame* frame, Symbol symbol, const Value& value) {
  for (Binding* b = frame->first; b != frame->shared; b = b->next) {
    if (b->symbol != symbol) continue;
    b->value = value;
    return;
  }
  Binding* made = free_bindings_;
  if (made) {
    free_bindings_ = made->next;
  } else {
    made = arena_.make_array<Binding>(1);
  }
  *made = {symbol, value, frame->first};
  frame->first = made;
}

void Evaluator::release(Frame* frame) {
  if (frame->captured) return;
  for (Binding* b = frame->first; b != frame->shared;) {
    Binding* const next = b->next;
    b->next = free_bindings_;
    free_bindings_ = b;
    b = next;
  }
  frame->first = frame->shared = nullptr;
  frame->captured = true;  // a second release is harmless
  frame->parent = free_frames_;
  free_frames_ = frame;
}

void Evaluator::release_chain(Frame* from, const Frame* until) {
  while (from && from != until) {
    Frame* const parent = from->parent;
    release(from);
    from = parent;
  }
}

void Evaluator::capture(Frame* frame) {
  for (; frame && !frame->captured; frame = frame->parent) frame->captured = true;
}

// Names are few and near, as a rule; where they are not, the way counts as work.
Value Evaluator::lookup(Symbol symbol, const Frame* frame) {
  constexpr int64_t walked_per_step = 16;
  int64_t walked = 0;
  const Binding* found = nullptr;
  for (; frame && !found; frame = frame->parent) {
    const Binding* b = frame->first;
    for (; b && b->symbol != symbol; b = b->next) ++walked;
    found = b;
    ++walked;
  }
  if (walked >= walked_per_step) {
    // Only counted here: the next step sees that there is none left.
    budget_.steps -= walked / walked_per_step;
    until_look_ -= walked / walked_per_step;
  }
  return found ? found->value : globals_or_bindings(symbol);
}

Value Evaluator::globals_or_bindings(Symbol symbol) const {
  if (bindings_.is(Kind::object)) {
    const Value bound = bindings_.get(symbols_->name(symbol));
    if (bound.defined()) return bound;
  }
  return (*globals_)[symbol];
}

// ---- nodes -----------------------------------------------------------------------------------

Value Evaluator::eval(const Node& node, const Value& input, Frame* frame) {
  if (depth_ >= limits_.depth) return out_of(Bound::depth);
  if (!spend()) return out_of(Bound::time);
  ++depth_;
  Value result = eval_node(node, input, frame);
  if (!node.plain && !failed(result)) result = finish_node(node, result, frame);
  --depth_;
  if (has(result, is_sequence) && result.size() < 2 && !has(result, is_tuple_stream)) {
    if (result.size() == 0) return Value();
    if (!has(result, keeps_singleton)) return result.items().front();
  }
  return result;
}

// The same for what is often a leaf.
Value Evaluator::operand(const Node& node, const Value& input, Frame* frame) {
  if (!is_leaf(node)) return eval(node, input, frame);
  if (depth_ >= limits_.depth) return out_of(Bound::depth);
  if (node.type != NodeType::variable) return node.literal;
  const Value value = variable(node, input, frame);
  const bool single = has(value, is_sequence) && value.size() < 2;
  return single ? eval(node, input, frame) : value;
}

Value Evaluator::eval_node(const Node& node, const Value& input, Frame* frame) {
  switch (node.type) {
    case NodeType::path:
      return path(node, input, frame);
    case NodeType::binary:
      return binary(node, input, frame);
    case NodeType::negate:
      return negation(node, input, frame);
    case NodeType::array:
      return array_constructor(node, input, frame);
    case NodeType::object:
      return object_of(node.pairs, node.position, input, frame);
    case NodeType::name:
      return lookup_name(input, node.text);
    case NodeType::string:
    case NodeType::number:
    case NodeType::value:
      return node.literal;
    case NodeType::wildcard:
      return wildcard(input);
    case NodeType::descendant:
      return descendants(input);
    case NodeType::parent:
      return lookup(node.slot->label, frame);
    case NodeType::condition:
      return condition(node, input, frame);
    case NodeType::coalesce:
    case NodeType::elvis:
      return otherwise(node, input, frame);
    case NodeType::block:
      return block(node, input, frame);
    case NodeType::bind: {
      JN_TRY(value, operand(*node.b, input, frame));
      bind(frame, node.a->symbol, value);
      return value;
    }
    case NodeType::regex: {
      auto* const made = arena_.make_array<RegexFunction>(1);
      *made = {{FunctionType::regex}, node.regex};
      return Value::function(made);
    }
    case NodeType::function:
      return function_call(node, input, frame, nullptr);
    case NodeType::variable:
      return variable(node, input, frame);
    case NodeType::lambda:
      return lambda(node, input, frame);
    case NodeType::partial:
      return partial(node, input, frame);
    case NodeType::apply:
      return apply(node, input, frame);
    case NodeType::transform:
      return transformer(node, frame);
    default:
      return Value();
  }
}

// Predicates and groups behind what is no path, and `[]`.
Value Evaluator::finish_node(const Node& node, Value result, Frame* frame) {
  for (const Stage& stage : node.predicates) {
    if (!stage.filter) continue;
    result = filter(*stage.filter, result, frame);
    if (failed(result)) return result;
  }
  if (node.grouping && node.type != NodeType::path) {
    result = group(*node.grouping, result, frame);
    if (failed(result)) return result;
  }
  const bool sequence = has(result, is_sequence) && !has(result, is_tuple_stream);
  return node.keep_array && sequence ? marked(result, keeps_singleton) : result;
}

Value Evaluator::variable(const Node& node, const Value& input, const Frame* frame) {
  if (node.symbol != context_symbol) return lookup(node.symbol, frame);
  return has(input, is_outer_wrapper) ? input.items().front() : input;
}

Value Evaluator::block(const Node& node, const Value& input, Frame* outer) {
  Frame* const frame = make_frame(outer);
  Value result;
  for (const Node* item : node.items) {
    result = eval(*item, input, frame);
    if (failed(result)) return result;
  }
  // The call that is to be made in its place still needs the frame.
  if (!has(result, is_thunk)) release(frame);
  return result;
}

Value Evaluator::condition(const Node& node, const Value& input, Frame* frame) {
  JN_TRY(asked, operand(*node.a, input, frame));
  JN_TRY(answer, truth(asked));
  if (answer.as_boolean()) return operand(*node.b, input, frame);
  return node.c ? operand(*node.c, input, frame) : Value();
}

Value Evaluator::otherwise(const Node& node, const Value& input, Frame* frame) {
  JN_TRY(value, operand(*node.a, input, frame));
  if (node.type == NodeType::elvis) {
    JN_TRY(answer, truth(value));
    if (answer.as_boolean()) return value;
  } else if (value.defined()) {
    return value;
  }
  return operand(*node.c, input, frame);
}

Value Evaluator::lookup_name(const Value& input, std::string_view name) {
  if (input.is(Kind::object)) return input.get(name);
  if (!is_array(input) || has(input, is_range)) return Value();
  Collector found(*this);
  for (const Value& item : input.items()) {
    if (!spend()) return out_of(Bound::time);
    if (item.is(Kind::object)) {
      const Value value = item.get(name);
      if (value.defined() && !found.push_flat(value)) return fail(std::move(fault_));
    } else if (is_array(item)) {
      if (++depth_ > limits_.depth + max_tree_height) return out_of(Bound::depth);
      JN_TRY(value, lookup_name(item, name));
      --depth_;
      if (value.defined() && !found.push_flat(value)) return fail(std::move(fault_));
    }
  }
  return found.sequence();
}

// The values of an object or array; arrays among them taken apart to the bottom.
Value Evaluator::wildcard(const Value& given) {
  Value input = given;
  if (has(input, is_outer_wrapper) && input.size() > 0) input = input.items().front();
  Collector found(*this);
  const auto flatten = [&](const auto& self, const Value& value, uint32_t depth) -> bool {
    if (!is_array(value)) return found.push(value);
    if (depth > max_tree_height) return (void)out_of(Bound::depth), false;
    if (!spend(static_cast<int64_t>(value.size()))) return (void)out_of(Bound::time), false;
    const auto inner = items(value);
    if (inner.size() != value.size()) return false;
    return std::ranges::all_of(inner, [&](const Value& v) { return self(self, v, depth + 1); });
  };
  bool arrays = false;
  const auto add = [&](const Value& value) {
    arrays = arrays || is_array(value);
    return flatten(flatten, value, 0);
  };
  if (input.is(Kind::object)) {
    for (const Member& member : input.members()) {
      if (!add(member.value)) return fail(std::move(fault_));
    }
  } else if (is_array(input)) {
    for (const Value& item : items(input)) {
      if (!add(item)) return fail(std::move(fault_));
    }
  }
  // Where an array was among them, the reference's result is no sequence any more.
  return found.array(arrays ? 0 : is_sequence);
}

bool Evaluator::descend(const Value& value, uint32_t depth) {
  if (depth > max_tree_height) return (void)out_of(Bound::depth), false;
  if (!spend()) return (void)out_of(Bound::time), false;
  if (is_array(value)) {
    return std::ranges::all_of(items(value), [&](const Value& v) { return descend(v, depth + 1); });
  }
  if (!push(value)) return false;
  if (!value.is(Kind::object)) return true;
  return std::ranges::all_of(value.members(),
                             [&](const Member& m) { return descend(m.value, depth + 1); });
}

Value Evaluator::descendants(const Value& input) {
  if (!input.defined()) return Value();
  Collector found(*this);
  if (!descend(input, 0)) return fail(std::move(fault_));
  if (found.size() == 1) return found.at(0);
  return found.sequence();
}

Value Evaluator::array_constructor(const Node& node, const Value& input, Frame* frame) {
  const uint8_t marks = node.cons_array ? is_cons : 0;
  Collector made(*this);
  for (const Node* item : node.items) {
    JN_TRY(value, operand(*item, input, frame));
    if (!value.defined()) continue;
    // A range alone is not put into memory; in brackets of its own it is an item.
    const bool alone = node.items.size() == 1 && item->type != NodeType::array;
    if (alone && has(value, is_range) && !node.cons_array) {
      return value.with_marks(is_range);
    }
    const bool pushed = item->type == NodeType::array ? made.push(value) : made.push_flat(value);
    if (!pushed) return fail(std::move(fault_));
  }
  return made.array(marks);
}

}  // namespace perdure::asl::jsonata

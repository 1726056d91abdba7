// Functions: made, partially applied, called.

#include "asl/jsonata/evaluator.h"

namespace perdure::asl::jsonata {
namespace {

constexpr size_t inline_arguments = 6;

// A path's first step, or the variable: what messages call the function.
std::string_view procedure_name(const Node& procedure) {
  return procedure.type == NodeType::path ? procedure.items.front()->text : procedure.text;
}

// A regular expression's match as the reference's matchers return it.
Value next_match(Evaluator& evaluator, text::RegexSearch& search, const Value& next) {
  (void)evaluator.search_budget();
  auto found = search.next();
  search.rest();
  JN_TRY(counted, evaluator.searched());
  if (!found) return evaluator.fail(std::move(found).error());
  if (!*found) return Value();
  const text::RegexMatch& match = **found;
  Collector groups(evaluator);
  for (const auto& group : match.groups) {
    if (!groups.push(group ? Value::string(*group) : Value()))
      return evaluator.fail(evaluator.fault());
  }
  const auto place = [&](size_t byte) {
    return Value::integer(static_cast<int64_t>(search.utf16_index(byte)));
  };
  const Member members[] = {{"match", Value::string(match.text)},
                            {"start", place(match.first_byte)},
                            {"end", place(match.last_byte)},
                            {"groups", groups.array()},
                            {"next", next}};
  return evaluator.object(members);
}

Value match_object(Evaluator& evaluator, const std::shared_ptr<text::RegexSearch>& search) {
  evaluator.arena().keep(search);
  evaluator.holds(search->held_bytes());
  auto* const next = evaluator.arena().make_array<NextMatch>(1);
  *next = {{FunctionType::next_match}, search.get()};
  return next_match(evaluator, *search, Value::function(next));
}

}  // namespace

size_t Evaluator::arity(const Value& value) {
  const Function& f = function_of(value);
  switch (f.type) {
    case FunctionType::native:
      return static_cast<const Native&>(f).builtin->arity;
    case FunctionType::lambda:
      return static_cast<const Lambda&>(f).parameters.size();
    case FunctionType::regex:
      return 2;
    case FunctionType::partial:
      return static_cast<const Partial&>(f).arity;
    case FunctionType::next_match:
      return 0;
    default:
      return 1;
  }
}

Value Evaluator::lambda(const Node& node, const Value& input, Frame* frame) {
  capture(frame);
  auto* const made = arena_.make_array<Lambda>(1);
  *made = {{FunctionType::lambda}, node.a, node.parameters, input, frame, node.signature};
  return Value::function(made);
}

// ---- calls in expressions --------------------------------------------------------------------

Value Evaluator::missing_function(const Node& node, std::string_view known,
                                  std::string_view unknown, Frame* frame) {
  const Node& procedure = *node.a;
  const std::string_view name = procedure_name(procedure);
  if (procedure.type == NodeType::path) {
    const Symbol symbol = symbols_->find(name);
    const bool exists =
        symbol ? lookup(symbol, frame).defined() : find_function(name, program_.mode).defined();
    if (exists) return fail_at(node, known, name);
  }
  return fail_at(node, unknown, name);
}

// `applied`: the left side of ~>, which goes before the other arguments.
Value Evaluator::function_call(const Node& node, const Value& input, Frame* frame,
                               const Value* applied) {
  if (node.tail && !applied) {
    tail_ = {&node, input, frame, nullptr};
    return Value().with_marks(is_thunk);
  }
  JN_TRY(procedure, operand(*node.a, input, frame));
  Value room[inline_arguments];
  const size_t count = node.items.size() + (applied ? 1 : 0);
  Value* const arguments = count <= inline_arguments ? room : arena_.make_array<Value>(count);
  size_t at = 0;
  if (applied) arguments[at++] = *applied;
  for (const Node* item : node.items) {
    arguments[at] = operand(*item, input, frame);
    if (failed(arguments[at])) return arguments[at];
    ++at;
  }
  if (!is_function(procedure)) return missing_function(node, "T1005", "T1006", frame);
  const Value result = call(procedure, {arguments, count}, input, frame);
  if (failed(result)) name_fault(node);
  return result;
}

// Where a fault has no place of its own, it is that of the call.
void Evaluator::name_fault(const Node& node) {
  if (fault_.code == "U1001") return;
  if (fault_.position == 0) fault_.position = node.position;
  if (fault_.token.empty()) fault_.token = procedure_name(*node.a);
}

Value Evaluator::apply(const Node& node, const Value& input, Frame* frame) {
  JN_TRY(left, operand(*node.a, input, frame));
  if (node.b->type == NodeType::function) {
    return function_call(*node.b, input, frame, &left);
  }
  JN_TRY(right, operand(*node.b, input, frame));
  if (!is_function(right)) return fail_at(node, "T2006", "~>", shown(right));
  if (is_function(left)) {
    auto* const made = arena_.make_array<Composed>(1);
    *made = {{FunctionType::composed}, left, right};
    return Value::function(made);
  }
  const Value result = call(right, {&left, 1}, Value::null(), frame);
  if (failed(result) && fault_.position == 0) fault_.position = node.position;
  return result;
}

Value Evaluator::partial(const Node& node, const Value& input, Frame* frame) {
  const size_t count = node.items.size();
  auto* const arguments = arena_.make_array<Value>(count);
  auto* const open = arena_.make_array<bool>(count);
  for (size_t i = 0; i < count; ++i) {
    open[i] = node.items[i]->type == NodeType::placeholder;
    arguments[i] = open[i] ? Value() : operand(*node.items[i], input, frame);
    if (failed(arguments[i])) return arguments[i];
  }
  JN_TRY(procedure, operand(*node.a, input, frame));
  if (!is_function(procedure)) return missing_function(node, "T1007", "T1008", frame);
  const Function& target = function_of(procedure);
  if (target.type != FunctionType::lambda) {
    const size_t taken = std::min(count, arity(procedure));
    auto* const made = arena_.make_array<Partial>(1);
    *made = {{FunctionType::partial},
             &target,
             {arguments, taken},
             {open, taken},
             static_cast<size_t>(std::count(open, open + taken, true))};
    return Value::function(made);
  }
  const auto& whole = static_cast<const Lambda&>(target);
  Frame* const inner = make_frame(whole.frame);
  auto* const left = arena_.make_array<Symbol>(count);
  size_t unbound = 0;
  for (size_t i = 0; i < whole.parameters.size(); ++i) {
    if (i < count && open[i]) {
      left[unbound++] = whole.parameters[i];
    } else {
      bind(inner, whole.parameters[i], i < count ? arguments[i] : Value());
    }
  }
  capture(inner);
  auto* const made = arena_.make_array<Lambda>(1);
  *made = {{FunctionType::lambda}, whole.body, {left, unbound}, whole.input, inner, nullptr};
  return Value::function(made);
}

// ---- calls -----------------------------------------------------------------------------------

Value Evaluator::call(const Value& f, std::span<const Value> arguments, const Value& input,
                      Frame* frame) {
  const Value result = call_once(function_of(f), arguments, input, frame);
  return has(result, is_thunk) ? continue_tail(result) : result;
}

// Makes the calls in tail position one after the other: the stack stays as it is.
Value Evaluator::continue_tail(Value result) {
  while (has(result, is_thunk)) {
    const auto tail = tail_;
    const Node& node = *tail.node;
    JN_TRY(procedure, operand(*node.a, tail.input, tail.frame));
    Value room[inline_arguments];
    const size_t count = node.items.size();
    Value* const arguments = count <= inline_arguments ? room : arena_.make_array<Value>(count);
    for (size_t i = 0; i < count; ++i) {
      arguments[i] = operand(*node.items[i], tail.input, tail.frame);
      if (failed(arguments[i])) return arguments[i];
    }
    if (!is_function(procedure)) return missing_function(node, "T1006", "T1006", tail.frame);
    release_chain(tail.frame, tail.until);
    if (!spend()) return out_of(Bound::time);
    result = call_once(function_of(procedure), {arguments, count}, tail.input, tail.frame);
    if (failed(result)) name_fault(node);
  }
  return result;
}

Value Evaluator::call_back(const Value& f, std::span<const Value> arguments, Frame* frame) {
  const size_t wanted = std::max<size_t>(1, arity(f));
  return call(f, arguments.first(std::min(arguments.size(), wanted)), Value::null(), frame);
}

Value Evaluator::call_once(const Function& f, std::span<const Value> arguments, const Value& input,
                           Frame* frame) {
  switch (f.type) {
    case FunctionType::native:
      return call_native(*static_cast<const Native&>(f).builtin, arguments, input, frame);
    case FunctionType::lambda:
      return call_lambda(static_cast<const Lambda&>(f), arguments, input);
    case FunctionType::partial:
      return call_partial(static_cast<const Partial&>(f), arguments, frame);
    case FunctionType::transform:
      return transform(static_cast<const Transform&>(f),
                       arguments.empty() ? Value() : arguments[0]);
    case FunctionType::regex: {
      if (arguments.empty() || !arguments[0].is(Kind::string)) return Value();
      if (!spend_bytes(arguments[0].size())) return out_of(Bound::time);
      const auto search = std::make_shared<text::RegexSearch>(
          *static_cast<const RegexFunction&>(f).regex, arguments[0].as_string(), search_budget());
      return match_object(*this, search);
    }
    case FunctionType::next_match: {
      const auto& next = static_cast<const NextMatch&>(f);
      return next_match(*this, *next.search, Value::function(&f));
    }
    case FunctionType::composed: {
      const auto& both = static_cast<const Composed&>(f);
      if (++depth_ > limits_.depth) return out_of(Bound::depth);
      const Value between = call(both.first, arguments.first(std::min<size_t>(1, arguments.size())),
                                 Value::null(), frame);
      if (failed(between)) return between;
      const Value result = call(both.second, {&between, 1}, Value::null(), frame);
      --depth_;
      return result;
    }
    case FunctionType::tuple:
      break;
  }
  return fail("T1006");
}

Value Evaluator::call_native(const Builtin& builtin, std::span<const Value> arguments,
                             const Value& input, Frame* frame) {
  const Signature* const signature = signature_of(builtin);
  if (!signature || signature->takes_as_is(arguments)) {
    return call_unchecked(builtin, arguments, input, frame);
  }
  std::vector<Value> validated;
  auto valid = signature->validate(arguments, input, arena_, validated);
  if (!valid) {
    const Value failure = fail(std::move(valid).error());
    fault_.token = builtin.name;
    return failure;
  }
  return call_unchecked(builtin, validated, input, frame);
}

Value Evaluator::call_unchecked(const Builtin& builtin, std::span<const Value> arguments,
                                const Value& input, Frame* frame) {
  for (const Value& argument : arguments) {
    const bool text = argument.is(Kind::string);
    if (text && !spend_bytes(argument.size())) return out_of(Bound::time);
  }
  const Value result = builtin.run({*this, arguments, input, frame});
  if (failed(result) && fault_.token.empty()) fault_.token = builtin.name;
  return result;
}

Value Evaluator::call_lambda(const Lambda& f, std::span<const Value> given, const Value& input) {
  std::vector<Value> validated;
  std::span<const Value> arguments = given;
  if (f.signature && !f.signature->takes_as_is(given)) {
    auto valid = f.signature->validate(given, input, arena_, validated);
    if (!valid) return fail(std::move(valid).error());
    arguments = validated;
  }
  if (!fits(sizeof(Frame) + f.parameters.size() * sizeof(Binding))) return out_of(Bound::memory);
  Frame* const frame = make_frame(f.frame);
  for (size_t i = f.parameters.size(); i-- > 0;) {
    bind(frame, f.parameters[i], i < arguments.size() ? arguments[i] : Value());
  }
  const Value result = eval(*f.body, f.input, frame);
  if (has(result, is_thunk)) {
    tail_.until = f.frame;
  } else if (!failed(result)) {
    release(frame);
  }
  return result;
}

Value Evaluator::call_partial(const Partial& f, std::span<const Value> given, Frame* frame) {
  Collector arguments(*this);
  size_t next = 0;
  for (size_t i = 0; i < f.arguments.size(); ++i) {
    Value argument = f.arguments[i];
    if (f.open[i]) argument = next < given.size() ? given[next++] : Value();
    if (!arguments.push(argument)) return fail(std::move(fault_));
  }
  const std::vector<Value> all(arguments.items().begin(), arguments.items().end());
  if (f.target->type == FunctionType::native) {
    // The reference does not check the signature here, and fails as JavaScript does.
    return call_native(*static_cast<const Native*>(f.target)->builtin, all, Value(), frame);
  }
  return call(Value::function(f.target), all, Value(), frame);
}

}  // namespace perdure::asl::jsonata

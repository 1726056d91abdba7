#include "asl/jsonata/functions/functions.h"

namespace perdure::asl::jsonata::functions {
namespace {

// f(item, index, array), of which f gets as many as it takes.
Value at_item(const Call& call, const Value& f, const Value& item, size_t index,
              const Value& array) {
  const Value arguments[] = {item, Value::integer(static_cast<int64_t>(index)), array};
  return call.evaluator.call_back(f, arguments, call.frame);
}

Value at_member(const Call& call, const Value& f, const Member& member, const Value& object) {
  const Value arguments[] = {member.value, Value::string(member.key), object};
  return call.evaluator.call_back(f, arguments, call.frame);
}

}  // namespace

Value map(const Call& call) {
  const Value array = call[0];
  if (!array.defined()) return array;
  bool ok = false;
  const auto items = items_of(call, array, ok);
  if (!ok) return again(call);
  Collector made(call.evaluator);
  for (size_t i = 0; i < items.size(); ++i) {
    JN_TRY(value, at_item(call, call[1], items[i], i, array));
    if (value.defined() && !made.push(value)) return again(call);
  }
  return made.sequence();
}

Value filter(const Call& call) {
  const Value array = call[0];
  if (!array.defined()) return array;
  bool ok = false;
  const auto items = items_of(call, array, ok);
  if (!ok) return again(call);
  Collector made(call.evaluator);
  for (size_t i = 0; i < items.size(); ++i) {
    JN_TRY(value, at_item(call, call[1], items[i], i, array));
    JN_TRY(answer, call.evaluator.truth(value));
    if (answer.as_boolean() && !made.push(items[i])) return again(call);
  }
  return made.sequence();
}

Value single(const Call& call) {
  const Value array = call[0];
  if (!array.defined()) return array;
  bool ok = false;
  const auto items = items_of(call, array, ok);
  if (!ok) return again(call);
  Value found;
  bool any = false;
  for (size_t i = 0; i < items.size(); ++i) {
    if (call[1].defined()) {
      JN_TRY(value, at_item(call, call[1], items[i], i, array));
      JN_TRY(answer, call.evaluator.truth(value));
      if (!answer.as_boolean()) continue;
    }
    if (any) {
      const Value failure = call.evaluator.fail("D3138");
      call.evaluator.fault().index = static_cast<int64_t>(i);
      return failure;
    }
    any = true;
    found = items[i];
  }
  return any ? found : call.evaluator.fail("D3139");
}

Value reduce(const Call& call) {
  const Value array = call[0];
  if (!array.defined()) return array;
  const size_t wanted = Evaluator::arity(call[1]);
  if (wanted < 2) {
    const Value failure = call.evaluator.fail("D3050");
    call.evaluator.fault().index = 1;
    return failure;
  }
  bool ok = false;
  const auto items = items_of(call, array, ok);
  if (!ok) return again(call);
  Value result = call[2];
  size_t at = 0;
  if (!result.defined() && !items.empty()) result = items[at++];
  for (; at < items.size(); ++at) {
    const Value arguments[] = {result, items[at], Value::integer(static_cast<int64_t>(at)), array};
    result = call.evaluator.call_back(call[1], arguments, call.frame);
    if (failed(result)) return result;
  }
  return result;
}

Value sift(const Call& call) {
  const Value object = call[0];
  if (!object.is(Kind::object)) return Value();
  std::vector<Member> members;
  for (const Member& member : object.members()) {
    JN_TRY(value, call[1].defined() ? at_member(call, call[1], member, object) : member.value);
    JN_TRY(answer, call.evaluator.truth(value));
    if (answer.as_boolean()) members.push_back(member);
  }
  return members.empty() ? Value() : call.evaluator.object(members);
}

Value each(const Call& call) {
  const Value object = call[0];
  Collector made(call.evaluator);
  if (!object.is(Kind::object)) return Value();
  for (const Member& member : object.members()) {
    JN_TRY(value, at_member(call, call[1], member, object));
    if (value.defined() && !made.push(value)) return again(call);
  }
  return made.sequence();
}

}  // namespace perdure::asl::jsonata::functions

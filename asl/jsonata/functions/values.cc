// Functions of any value.

#include "asl/jsonata/functions/functions.h"

namespace perdure::asl::jsonata::functions {

Value boolean(const Call& call) {
  return call[0].defined() ? call.evaluator.truth(call[0]) : Value();
}

Value negated(const Call& call) {
  if (!call[0].defined()) return Value();
  JN_TRY(answer, call.evaluator.truth(call[0]));
  return Value::boolean(!answer.as_boolean());
}

Value exists(const Call& call) { return Value::boolean(call[0].defined()); }

Value type(const Call& call) {
  constexpr std::string_view names[] = {"",       "null",  "boolean", "number",  "number",
                                        "string", "array", "object",  "function"};
  const Value value = call[0];
  if (!value.defined()) return value;
  return Value::string(names[static_cast<size_t>(value.kind())]);
}

Value error(const Call& call) {
  const bool said = call[0].is(Kind::string) && call[0].size() > 0;
  const std::string_view message = said ? call[0].as_string() : "$error() function evaluated";
  return call.evaluator.fail("D3137", std::string(message));
}

Value assertion(const Call& call) {
  if (call[0].is(Kind::boolean) && call[0].as_boolean()) return Value();
  const bool said = call[1].is(Kind::string) && call[1].size() > 0;
  const std::string_view message = said ? call[1].as_string() : "$assert() statement failed";
  return call.evaluator.fail("D3141", std::string(message));
}

Value eval(const Call& call) {
  if (!call[0].defined()) return Value();
  const Value input = call[1].defined() ? call[1] : call.input;
  return call.evaluator.evaluate_text(call[0].as_string(), input, call.frame);
}

Value clone(const Call& call) {
  return call[0].defined() ? call.evaluator.deep_copy(call[0], 0) : Value();
}

}  // namespace perdure::asl::jsonata::functions

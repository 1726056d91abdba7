#include "asl/jsonata/text/numbers.h"

#include <cmath>

#include "asl/jsonata/functions/functions.h"
#include "asl/jsonata/text/format_integer.h"
#include "asl/jsonata/text/format_number.h"

namespace perdure::asl::jsonata::functions {
namespace {

template <class Compute>
Value of_number(const Call& call, Compute&& compute) {
  const Value n = call[0];
  return n.defined() ? jsonata::number(compute(n.as_double())) : n;
}

Value outcome(const Call& call, Outcome<double> result) {
  if (!result) return call.evaluator.fail(std::move(result).error());
  return jsonata::number(*result);
}

double number_or(const Value& value, double otherwise) {
  return value.defined() ? value.as_double() : otherwise;
}

}  // namespace

Value number(const Call& call) {
  const Value value = call[0];
  if (!value.defined() || value.is_number()) return value;
  if (value.is(Kind::boolean)) return Value::integer(value.as_boolean() ? 1 : 0);
  return outcome(call, text::parse_number(value.as_string()));
}

Value floor(const Call& call) {
  return of_number(call, [](double d) { return std::floor(d); });
}

Value ceil(const Call& call) {
  return of_number(call, [](double d) { return std::ceil(d); });
}

Value round(const Call& call) {
  return of_number(call, [&](double d) {
    const double precision = number_or(call[1], 0);
    return text::round_half_even(d, static_cast<int>(std::clamp(precision, -400.0, 400.0)));
  });
}

Value abs(const Call& call) {
  return of_number(call, [](double d) { return std::fabs(d); });
}

Value sqrt(const Call& call) {
  return call[0].defined() ? outcome(call, text::square_root(call[0].as_double())) : Value();
}

Value power(const Call& call) {
  if (!call[0].defined()) return Value();
  return outcome(call, text::power(call[0].as_double(), number_or(call[1], std::nan(""))));
}

Value random(const Call& call) {
  const uint64_t bits = call.evaluator.surroundings().random.next();
  return Value::number(static_cast<double>(bits >> 11) * 0x1p-53);
}

Value format_number(const Call& call) {
  if (!call[0].defined()) return Value();
  text::DecimalFormat format;
  if (call[2].is(Kind::object)) {
    for (const Member& member : call[2].members()) {
      if (member.value.is(Kind::string)) format.set(member.key, member.value.as_string());
    }
  }
  if (!readable(call, call[1])) return again(call);
  const std::string_view picture = call[1].is(Kind::string) ? call[1].as_string() : "";
  return call.evaluator.made(text::format_number(call[0].as_double(), picture, format));
}

Value format_base(const Call& call) {
  if (!call[0].defined()) return Value();
  return call.evaluator.made(text::format_base(call[0].as_double(), number_or(call[1], 10)));
}

Value format_integer(const Call& call) {
  if (!call[0].defined()) return Value();
  if (!readable(call, call[1])) return again(call);
  const std::string_view picture = call[1].is(Kind::string) ? call[1].as_string() : "";
  return call.evaluator.made(text::format_integer(call[0].as_double(), picture));
}

Value parse_integer(const Call& call) {
  if (!call[0].defined()) return Value();
  if (!readable(call, call[0]) || !readable(call, call[1])) return again(call);
  const std::string_view picture = call[1].is(Kind::string) ? call[1].as_string() : "";
  return outcome(call, text::parse_integer(call[0].as_string(), picture));
}

}  // namespace perdure::asl::jsonata::functions

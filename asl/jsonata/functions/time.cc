#include "asl/jsonata/functions/functions.h"
#include "asl/jsonata/text/date_time.h"

namespace perdure::asl::jsonata::functions {
namespace {

Value formatted(const Call& call, double millis, const Value& picture, const Value& timezone) {
  if (!readable(call, picture)) return again(call);
  std::optional<std::string_view> wanted;
  if (picture.is(Kind::string)) wanted = picture.as_string();
  const std::string_view zone = timezone.is(Kind::string) ? timezone.as_string() : "";
  return call.evaluator.made(text::format_millis(millis, wanted, zone));
}

}  // namespace

Value now(const Call& call) {
  const auto millis = static_cast<double>(call.evaluator.surroundings().now_ms);
  return formatted(call, millis, call[0], call[1]);
}

Value millis(const Call& call) { return Value::integer(call.evaluator.surroundings().now_ms); }

Value from_millis(const Call& call) {
  if (!call[0].defined()) return Value();
  return formatted(call, call[0].as_double(), call[1], call[2]);
}

Value to_millis(const Call& call) {
  if (!call[0].defined()) return Value();
  const std::string_view text = call[0].as_string();
  if (!call[1].is(Kind::string)) {
    auto millis = text::parse_iso_millis(text);
    if (!millis) return call.evaluator.fail(std::move(millis).error());
    return jsonata::number(*millis);
  }
  if (!readable(call, call[0]) || !readable(call, call[1])) return again(call);
  const int64_t now_ms = call.evaluator.surroundings().now_ms;
  auto millis =
      text::parse_millis(text, call[1].as_string(), now_ms, call.evaluator.search_budget());
  JN_TRY(counted, call.evaluator.searched());
  if (!millis) return call.evaluator.fail(std::move(millis).error());
  return *millis ? jsonata::number(**millis) : Value();
}

}  // namespace perdure::asl::jsonata::functions

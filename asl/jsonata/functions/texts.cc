#include "asl/jsonata/functions/functions.h"
#include "asl/jsonata/text/encoding.h"
#include "asl/jsonata/text/strings.h"

namespace perdure::asl::jsonata::functions {
namespace {

// The text that is the first argument, or what to return where it is missing.
template <class Make>
Value of_text(const Call& call, Make&& make) {
  const Value text = call[0];
  if (!text.defined()) return text;
  if (!call.evaluator.spend(static_cast<int64_t>(text.size() / 16))) {
    return call.evaluator.out_of(Evaluator::Bound::time);
  }
  return make(text.as_string());
}

std::string_view text_or(const Value& value, std::string_view otherwise) {
  return value.is(Kind::string) ? value.as_string() : otherwise;
}

}  // namespace

Value string(const Call& call) {
  const Value value = call[0];
  if (!value.defined() || value.is(Kind::string)) return value;
  std::string out;
  const Value pretty = call[1];
  const bool is_pretty = pretty.is(Kind::boolean) && pretty.as_boolean();
  if (!call.evaluator.write_text(value, out, is_pretty)) return again(call);
  return call.evaluator.text(out);
}

Value substring(const Call& call) {
  return of_text(call, [&](std::string_view text) {
    std::optional<double> length;
    if (call[2].defined()) length = call[2].as_double();
    if (length && !call[1].defined()) return Value::string("");
    const double start = call[1].defined() ? call[1].as_double() : 0;
    return Value::string(text::substring(text, start, length));
  });
}

Value substring_before(const Call& call) {
  return of_text(call, [&](std::string_view text) {
    if (!call[1].defined()) return call[0];
    return Value::string(text::substring_before(text, call[1].as_string()));
  });
}

Value substring_after(const Call& call) {
  return of_text(call, [&](std::string_view text) {
    if (!call[1].defined()) return call[0];
    return Value::string(text::substring_after(text, call[1].as_string()));
  });
}

Value lowercase(const Call& call) {
  return of_text(call, [&](std::string_view s) { return call.evaluator.text(text::lowercase(s)); });
}

Value uppercase(const Call& call) {
  return of_text(call, [&](std::string_view s) { return call.evaluator.text(text::uppercase(s)); });
}

Value length(const Call& call) {
  return of_text(call, [&](std::string_view s) {
    return Value::integer(static_cast<int64_t>(text::length(s)));
  });
}

Value trim(const Call& call) {
  return of_text(call, [&](std::string_view s) { return call.evaluator.text(text::trim(s)); });
}

Value pad(const Call& call) {
  return of_text(call, [&](std::string_view s) {
    const double width = call[1].defined() ? call[1].as_double() : 0;
    const std::string_view fill = text_or(call[2], {});
    const double size = text::padded_size(s, width, fill);
    if (!(size <= static_cast<double>(call.evaluator.longest_text())) ||
        !call.evaluator.spend(static_cast<int64_t>(size / 16))) {
      return call.evaluator.out_of(Evaluator::Bound::memory);
    }
    return call.evaluator.text(text::pad(s, width, fill));
  });
}

Value join(const Call& call) {
  const Value texts = call[0];
  if (!texts.defined()) return texts;
  const std::string_view separator = text_or(call[1], "");
  std::string out;
  bool first = true;
  for (const Value& text : texts.items()) {
    if (!first) out += separator;
    first = false;
    out += text.as_string();
    if (out.size() > call.evaluator.longest_text()) {
      return call.evaluator.out_of(Evaluator::Bound::memory);
    }
  }
  if (!call.evaluator.spend(static_cast<int64_t>(texts.size() + out.size() / 256))) {
    return call.evaluator.out_of(Evaluator::Bound::time);
  }
  return call.evaluator.text(out);
}

Value base64encode(const Call& call) {
  return of_text(call,
                 [&](std::string_view s) { return call.evaluator.text(text::base64_encode(s)); });
}

Value base64decode(const Call& call) {
  return of_text(call,
                 [&](std::string_view s) { return call.evaluator.text(text::base64_decode(s)); });
}

Value encode_url_component(const Call& call) {
  return of_text(
      call, [&](std::string_view s) { return call.evaluator.made(text::encode_url_component(s)); });
}

Value encode_url(const Call& call) {
  return of_text(call,
                 [&](std::string_view s) { return call.evaluator.made(text::encode_url(s)); });
}

Value decode_url_component(const Call& call) {
  return of_text(
      call, [&](std::string_view s) { return call.evaluator.made(text::decode_url_component(s)); });
}

Value decode_url(const Call& call) {
  return of_text(call,
                 [&](std::string_view s) { return call.evaluator.made(text::decode_url(s)); });
}

}  // namespace perdure::asl::jsonata::functions

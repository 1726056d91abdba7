// $match, $contains, $replace and $split: by texts, regular expressions, and functions that return
// what a regular expression's match is.

#include "asl/jsonata/functions/functions.h"
#include "asl/jsonata/text/regex.h"
#include "asl/jsonata/text/strings.h"
#include "asl/value/utf8.h"

namespace perdure::asl::jsonata::functions {
namespace {

// The matches of a matcher function: objects of the form {match, start, end, groups, next}.
class Matches {
 public:
  Matches(const Call& call, const Value& matcher, std::string_view text)
      : call_(call), text_(text), next_(matcher) {}

  // The next match, undefined behind the last one, or a failure.
  Value next() {
    if (!next_.defined()) return next_;
    Value argument = Value::string(text_);
    const Value match =
        call_.evaluator.call(next_, {&argument, first_ ? 1u : 0u}, Value::null(), call_.frame);
    first_ = false;
    if (failed(match) || !match.defined()) return match;
    if (!is_match(match)) return call_.evaluator.fail("T1010");
    next_ = match.get("next");
    if (!is_function(next_)) next_ = Value();
    return match;
  }

 private:
  static bool is_match(const Value& match) {
    if (!match.is(Kind::object)) return false;
    return match.get("start").is_number() || match.get("end").is_number() ||
           is_array(match.get("groups")) || is_function(match.get("next"));
  }

  const Call& call_;
  std::string_view text_;
  Value next_;
  bool first_ = true;
};

const text::Regex* regex_of(const Value& value) {
  if (!is_function(value) || function_of(value).type != FunctionType::regex) return nullptr;
  return static_cast<const RegexFunction&>(function_of(value)).regex;
}

double limit_of(const Value& value) { return value.defined() ? value.as_double() : text::no_limit; }

Value bad_argument(const Call& call, std::string_view code, int64_t index, const Value& value) {
  const Value failure = call.evaluator.fail(code, shown(value));
  call.evaluator.fault().index = index;
  return failure;
}

// Byte offsets of UTF-16 indexes, which matchers count in. Matches come from left to right, so that
// it goes on from where it was.
class Places {
 public:
  Places(const Call& call, std::string_view text) : call_(call), text_(text) {}

  // False: that is too much work.
  bool find(const Value& index, size_t& byte) {
    const double wanted = index.is_number() ? index.as_double() : 0;
    if (wanted < static_cast<double>(unit_)) byte_ = unit_ = 0;
    const size_t from = byte_;
    while (byte_ < text_.size() && static_cast<double>(unit_) < wanted) {
      const CodePoint character = decode_utf8(text_.data() + byte_, text_.data() + text_.size());
      byte_ += character.bytes;
      unit_ += utf16_units(character.code);
    }
    byte = byte_;
    return call_.evaluator.spend(static_cast<int64_t>((byte_ - from) / 16));
  }

 private:
  const Call& call_;
  std::string_view text_;
  size_t byte_ = 0;
  size_t unit_ = 0;
};

Value work(const Call& call, std::string_view text, const Value& result) {
  if (call.evaluator.spend(static_cast<int64_t>(text.size() / 16))) return result;
  return call.evaluator.out_of(Evaluator::Bound::time);
}

Value taken(const Call& call, const std::vector<std::string_view>& parts) {
  Collector made(call.evaluator);
  for (const std::string_view part : parts) {
    if (!made.push(Value::string(part))) return again(call);
  }
  return made.array();
}

}  // namespace

Value match(const Call& call) {
  if (!call[0].defined()) return Value();
  const double limit = limit_of(call[2]);
  if (limit < 0) return bad_argument(call, "D3040", 3, call[2]);
  Collector found(call.evaluator);
  Matches matches(call, call[1], call[0].as_string());
  for (double count = 0; count < limit; ++count) {
    JN_TRY(match, matches.next());
    if (!match.defined()) break;
    const Member members[] = {{"match", match.get("match")},
                              {"index", match.get("start")},
                              {"groups", match.get("groups")}};
    JN_TRY(shown_match, call.evaluator.object(members));
    if (!found.push(shown_match)) return again(call);
  }
  return found.sequence();
}

Value contains(const Call& call) {
  const Value text = call[0];
  const Value token = call[1];
  if (!text.defined() || !token.defined()) return Value();
  if (token.is(Kind::string)) {
    const bool found = text.as_string().find(token.as_string()) != std::string_view::npos;
    return work(call, text.as_string(), Value::boolean(found));
  }
  if (const text::Regex* const regex = regex_of(token)) {
    auto found = text::contains(text.as_string(), *regex, call.evaluator.search_budget());
    JN_TRY(counted, call.evaluator.searched());
    if (!found) return call.evaluator.fail(std::move(found).error());
    return Value::boolean(*found);
  }
  JN_TRY(match, Matches(call, token, text.as_string()).next());
  return Value::boolean(match.defined());
}

namespace {

Value replace_by_matches(const Call& call, double limit) {
  const std::string_view text = call[0].as_string();
  const Value by = call[2];
  Matches matches(call, call[1], text);
  Places places(call, text);
  std::string out;
  size_t at = 0;
  for (double count = 0; count < limit; ++count) {
    JN_TRY(match, matches.next());
    if (!match.defined()) break;
    size_t start = 0;
    if (!places.find(match.get("start"), start)) {
      return call.evaluator.out_of(Evaluator::Bound::time);
    }
    if (start > at) out += text.substr(at, start - at);
    if (by.is(Kind::string)) {
      std::vector<std::optional<std::string_view>> groups;
      const Value listed = match.get("groups");
      if (is_array(listed) && !has(listed, is_range)) {  // numbers are no groups
        for (const Value& group : listed.items()) {
          groups.emplace_back(group.is(Kind::string) ? std::optional(group.as_string())
                                                     : std::nullopt);
        }
      }
      const Value matched = match.get("match");
      text::append_replacement(by.as_string(), matched.is(Kind::string) ? matched.as_string() : "",
                               groups, out, call.evaluator.longest_text());
    } else {
      JN_TRY(made, call.evaluator.call(by, {&match, 1}, Value::null(), call.frame));
      if (!made.is(Kind::string)) return call.evaluator.fail("D3012", shown(made));
      out += made.as_string();
    }
    at = start + (match.get("match").is(Kind::string) ? match.get("match").size() : 0);
    if (out.size() > call.evaluator.longest_text()) {
      return call.evaluator.out_of(Evaluator::Bound::memory);
    }
  }
  if (at < text.size()) out += text.substr(at);
  return call.evaluator.text(out);
}

}  // namespace

Value replace(const Call& call) {
  const Value text = call[0];
  const Value pattern = call[1];
  const Value by = call[2];
  if (!text.defined()) return text;
  if (pattern.is(Kind::string) && pattern.size() == 0) {
    return bad_argument(call, "D3010", 2, pattern);
  }
  const double limit = limit_of(call[3]);
  if (limit < 0) return bad_argument(call, "D3011", 4, call[3]);
  if (!pattern.defined() || !by.defined()) return text;
  if (pattern.is(Kind::string)) {
    const std::string_view other = by.is(Kind::string) ? by.as_string() : std::string_view();
    // What could come of it must fit, before it is made.
    const size_t times = text.size() / pattern.size();
    if (times * other.size() > call.evaluator.longest_text()) {
      return call.evaluator.out_of(Evaluator::Bound::memory);
    }
    JN_TRY(done, work(call, text.as_string(), text));
    return call.evaluator.text(text::replace(done.as_string(), pattern.as_string(), other, limit));
  }
  if (const text::Regex* const regex = regex_of(pattern); regex && by.is(Kind::string)) {
    Evaluator& evaluator = call.evaluator;
    auto made = text::replace(text.as_string(), *regex, by.as_string(), evaluator.search_budget(),
                              limit, evaluator.longest_text());
    JN_TRY(counted, evaluator.searched());
    return evaluator.made(std::move(made));
  }
  return replace_by_matches(call, limit);
}

Value split(const Call& call) {
  const Value text = call[0];
  const Value separator = call[1];
  if (!text.defined()) return text;
  double limit = limit_of(call[2]);
  if (limit < 0) return bad_argument(call, "D3020", 3, call[2]);
  // One more than can be taken is enough to see that they are too many.
  limit = std::min(limit, static_cast<double>(Evaluator::most_items + 1));
  if (!separator.defined()) return taken(call, {text.as_string()});
  if (separator.is(Kind::string)) {
    JN_TRY(done, work(call, text.as_string(), text));
    return taken(call, text::split(done.as_string(), separator.as_string(), limit));
  }
  if (const text::Regex* const regex = regex_of(separator)) {
    auto parts = text::split(text.as_string(), *regex, call.evaluator.search_budget(), limit);
    JN_TRY(counted, call.evaluator.searched());
    if (!parts) return call.evaluator.fail(std::move(parts).error());
    return taken(call, *parts);
  }
  Collector made(call.evaluator);
  Matches matches(call, separator, text.as_string());
  Places places(call, text.as_string());
  size_t at = 0;
  double count = 0;
  for (; count < limit; ++count) {
    JN_TRY(match, matches.next());
    if (!match.defined()) break;
    size_t start = 0, end = 0;
    if (!places.find(match.get("start"), start) || !places.find(match.get("end"), end)) {
      return call.evaluator.out_of(Evaluator::Bound::time);
    }
    start = std::max(at, start);
    if (!made.push(Value::string(text.as_string().substr(at, start - at)))) return again(call);
    at = end;
  }
  if (count < limit && !made.push(Value::string(text.as_string().substr(at)))) return again(call);
  return made.array();
}

}  // namespace perdure::asl::jsonata::functions

// Patterns over messages that are JSON: { $.user.id = 7 && $.tags[0] = "a*" }.

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/logs/filter_condition.h"
#include "api/logs/filter_pattern.h"
#include "asl/value/value.h"

namespace perdure::api {

namespace {

using asl::Kind;
using asl::Value;

// A selector as the condition keeps it: its steps, each a kind and a text, divided by zeros; see
// steps_of.
struct Step {
  enum class Kind : char { member = 'm', index = 'i', every = '*' };
  Kind kind;
  std::string text;
};

void add_step(std::string& selector, Step::Kind kind, std::string_view text) {
  selector += static_cast<char>(kind);
  selector += text;
  selector += '\0';
}

std::vector<Step> steps_of(std::string_view selector) {
  std::vector<Step> steps;
  while (!selector.empty()) {
    const size_t end = selector.find('\0');
    steps.push_back(
        {static_cast<Step::Kind>(selector[0]), std::string(selector.substr(1, end - 1))});
    selector.remove_prefix(end + 1);
  }
  return steps;
}

// Behind its opening bracket.
Result<> read_bracket(PatternText& text, std::string& selector) {
  text.skip_spaces();
  if (text.peek() == '"' || text.peek() == '\'') {
    const auto name = text.take_quoted();
    if (!name) return invalid_filter_pattern();
    add_step(selector, Step::Kind::member, *name);
  } else {
    const std::string_view index = text.take_until("]");
    const bool digits =
        !index.empty() && index.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits && index != "*") return invalid_filter_pattern();
    add_step(selector, digits ? Step::Kind::index : Step::Kind::every, index);
  }
  if (!text.take("]")) return invalid_filter_pattern();
  return {};
}

Result<std::string> read_selector(PatternText& text) {
  if (!text.take("$")) return invalid_filter_pattern();
  std::string selector;
  while (text.peek() == '.' || text.peek() == '[') {
    if (text.peek() == '[') {
      text.take("[");
      PD_CHECK(read_bracket(text, selector));
      continue;
    }
    text.take(".");
    if (text.peek() == '[') continue;
    const std::string_view name = text.take_until(" \t\n\r.[]=!<>()&|");
    if (name.empty()) return invalid_filter_pattern();
    add_step(selector, Step::Kind::member, name);
  }
  return selector;
}

FoundValue found(const Value& value) {
  FoundValue found;
  if (value.is(Kind::null)) {
    found.kind = FoundValue::Kind::null;
  } else if (value.is(Kind::string)) {
    found.text = value.as_string();
  } else if (value.is(Kind::boolean)) {
    found = {FoundValue::Kind::boolean, value.as_boolean() ? "true" : "false"};
  } else if (value.is_number()) {
    found = {FoundValue::Kind::number, asl::to_json(value)};
  } else {
    found.kind = FoundValue::Kind::container;
  }
  return found;
}

std::vector<Value> taken(const std::vector<Value>& from, const Step& step) {
  std::vector<Value> to;
  for (const Value& value : from) {
    if (step.kind == Step::Kind::member) {
      if (!value.is(Kind::object)) continue;
      if (const Value member = value.get(step.text); member.defined()) to.push_back(member);
    } else if (value.is(Kind::array) && step.kind == Step::Kind::every) {
      to.insert(to.end(), value.items().begin(), value.items().end());
    } else if (value.is(Kind::array)) {
      size_t index = 0;
      std::from_chars(step.text.data(), step.text.data() + step.text.size(), index);
      if (index < value.size()) to.push_back(value.items()[index]);
    }
  }
  return to;
}

std::vector<FoundValue> values_at(const Value& root, const std::string& selector) {
  std::vector<Value> values = {root};
  for (const Step& step : steps_of(selector)) values = taken(values, step);
  std::vector<FoundValue> all;
  for (const Value& value : values) all.push_back(found(value));
  return all;
}

}  // namespace

Result<LogMatcher> read_json_pattern(std::string_view pattern) {
  if (!pattern.ends_with('}')) return invalid_filter_pattern();
  PatternText text(pattern.substr(1, pattern.size() - 2));
  PD_TRY(condition, read_condition(text, read_selector));
  if (!text.at_end()) return invalid_filter_pattern();
  return LogMatcher([condition](std::string_view message) {
    const size_t first = message.find_first_not_of(" \t\n\r");
    if (first == message.npos || (message[first] != '{' && message[first] != '[')) return false;
    asl::Arena arena;
    const auto root = asl::parse_json(message, arena);
    return root &&
           condition([&](const std::string& selector) { return values_at(*root, selector); });
  });
}

}  // namespace perdure::api

#include "api/logs/filter_condition.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "api/logs/filter_pattern.h"

namespace perdure::api {

namespace {

constexpr int max_depth = 32;  // of parentheses

std::optional<double> number_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// `*` stands for any text.
bool is_like(std::string_view text, std::string_view pattern) {
  size_t at = 0, in = 0, star = std::string_view::npos, mark = 0;
  while (at < text.size()) {
    if (in < pattern.size() && pattern[in] == '*') {
      star = in++;
      mark = at;
    } else if (in < pattern.size() && pattern[in] == text[at]) {
      ++in, ++at;
    } else if (star != std::string_view::npos) {
      in = star + 1;
      at = ++mark;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in) == std::string_view::npos;
}

// The right side of a comparison.
struct Wanted {
  std::string text;
  std::optional<double> number;  // of what is not in quotes
  std::optional<FilterRegex> regex;
};

bool equals(const FoundValue& value, const Wanted& wanted) {
  if (value.kind == FoundValue::Kind::container || value.kind == FoundValue::Kind::null) {
    return false;
  }
  if (wanted.regex) return wanted.regex->found_in(value.text);
  if (wanted.number) {
    if (const auto number = number_of(value.text)) return *number == *wanted.number;
  }
  return is_like(value.text, wanted.text);
}

bool compares(const FoundValue& value, std::string_view op, const Wanted& wanted) {
  if (op == "=") return equals(value, wanted);
  if (op == "!=") return !equals(value, wanted);
  const auto left = number_of(value.text);
  if (!left || !wanted.number) return false;
  if (op == "<") return *left < *wanted.number;
  if (op == "<=") return *left <= *wanted.number;
  if (op == ">") return *left > *wanted.number;
  return *left >= *wanted.number;
}

Result<Wanted> read_wanted(PatternText& text) {
  text.skip_spaces();
  Wanted wanted;
  if (text.peek() == '"' || text.peek() == '%') {
    const bool regex = text.peek() == '%';
    auto quoted = text.take_quoted();
    if (!quoted) return invalid_filter_pattern();
    wanted.text = std::move(*quoted);
    if (!regex) return wanted;
    PD_TRY(compiled, FilterRegex::compile(wanted.text));
    wanted.regex = std::move(compiled);
    return wanted;
  }
  wanted.text = text.take_until(" \t\n\r()&|,");
  if (wanted.text.empty()) return invalid_filter_pattern();
  wanted.number = number_of(wanted.text);
  return wanted;
}

Condition any_value(std::string selector, std::function<bool(const FoundValue&)> test) {
  return [selector = std::move(selector), test = std::move(test)](const FindValues& find) {
    const std::vector<FoundValue> values = find(selector);
    return std::any_of(values.begin(), values.end(), test);
  };
}

Condition is_kind(std::string selector, FoundValue::Kind kind, std::string text) {
  return any_value(std::move(selector), [kind, text = std::move(text)](const FoundValue& value) {
    return value.kind == kind && (text.empty() || value.text == text);
  });
}

Result<Condition> read_comparison(PatternText& text, const ReadSelector& read_selector) {
  PD_TRY(selector, read_selector(text));
  if (text.take("NOT")) {
    if (!text.take("EXISTS")) return invalid_filter_pattern();
    return Condition([selector](const FindValues& find) { return find(selector).empty(); });
  }
  if (text.take("IS")) {
    if (text.take("NULL")) return is_kind(selector, FoundValue::Kind::null, "");
    if (text.take("TRUE")) return is_kind(selector, FoundValue::Kind::boolean, "true");
    if (text.take("FALSE")) return is_kind(selector, FoundValue::Kind::boolean, "false");
    return invalid_filter_pattern();
  }
  constexpr std::array<std::string_view, 6> operators = {"!=", "<=", ">=", "=", "<", ">"};
  for (const std::string_view op : operators) {
    if (!text.take(op)) continue;
    PD_TRY(wanted, read_wanted(text));
    if (op.find_first_of("<>") != op.npos && !wanted.number) return invalid_filter_pattern();
    return any_value(selector,
                     [op, wanted](const FoundValue& value) { return compares(value, op, wanted); });
  }
  return invalid_filter_pattern();
}

Result<Condition> read_any(PatternText& text, const ReadSelector& read_selector, int depth);

Result<Condition> read_one(PatternText& text, const ReadSelector& read_selector, int depth) {
  if (!text.take("(")) return read_comparison(text, read_selector);
  if (depth == max_depth) return invalid_filter_pattern();
  PD_TRY(inner, read_any(text, read_selector, depth + 1));
  if (!text.take(")")) return invalid_filter_pattern();
  return inner;
}

Result<Condition> read_all(PatternText& text, const ReadSelector& read_selector, int depth) {
  PD_TRY(left, read_one(text, read_selector, depth));
  while (text.take("&&")) {
    PD_TRY(right, read_one(text, read_selector, depth));
    left = [left, right](const FindValues& find) { return left(find) && right(find); };
  }
  return left;
}

Result<Condition> read_any(PatternText& text, const ReadSelector& read_selector, int depth) {
  PD_TRY(left, read_all(text, read_selector, depth));
  while (text.take("||")) {
    PD_TRY(right, read_all(text, read_selector, depth));
    left = [left, right](const FindValues& find) { return left(find) || right(find); };
  }
  return left;
}

}  // namespace

Result<FilterRegex> FilterRegex::compile(std::string_view text) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                             PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE, &error,
                             &offset, nullptr);
  if (code == nullptr) return invalid_filter_pattern();
  FilterRegex regex;
  regex.code_ =
      std::shared_ptr<void>(code, [](void* p) { pcre2_code_free(static_cast<pcre2_code*>(p)); });
  return regex;
}

bool FilterRegex::found_in(std::string_view text) const {
  const auto* code = static_cast<const pcre2_code*>(code_.get());
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
      pcre2_match_data_create(1, nullptr), &pcre2_match_data_free);
  std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context(
      pcre2_match_context_create(nullptr), &pcre2_match_context_free);
  pcre2_set_match_limit(context.get(), 100'000);
  return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, data.get(),
                     context.get()) >= 0;
}

void PatternText::skip_spaces() {
  text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n\r"), text_.size()));
}

bool PatternText::at_end() {
  skip_spaces();
  return text_.empty();
}

bool PatternText::take(std::string_view word) {
  skip_spaces();
  if (!text_.starts_with(word)) return false;
  text_.remove_prefix(word.size());
  return true;
}

std::string_view PatternText::take_until(std::string_view ends) {
  const size_t end = std::min(text_.find_first_of(ends), text_.size());
  const std::string_view taken = text_.substr(0, end);
  text_.remove_prefix(end);
  return taken;
}

std::optional<std::string> PatternText::take_quoted() {
  const char quote = text_[0];
  std::string taken;
  for (size_t at = 1; at < text_.size(); ++at) {
    if (text_[at] == quote) {
      text_.remove_prefix(at + 1);
      return taken;
    }
    // In a regular expression the backslash is its own.
    if (text_[at] == '\\' && at + 1 < text_.size()) {
      if (quote == '%' && text_[at + 1] != '%') taken += '\\';
      ++at;
    }
    taken += text_[at];
  }
  return std::nullopt;
}

Result<Condition> read_condition(PatternText& text, const ReadSelector& read_selector) {
  return read_any(text, read_selector, 0);
}

}  // namespace perdure::api

// Patterns of terms, and which kind a pattern is.

#include <algorithm>
#include <utility>

#include "api/logs/filter_condition.h"
#include "api/logs/filter_pattern.h"
#include "api/logs/logs.h"

namespace perdure::api {

namespace {

struct Term {
  std::string text;
  std::optional<FilterRegex> regex;

  bool in(std::string_view message) const {
    return regex ? regex->found_in(message) : message.find(text) != message.npos;
  }
};

struct Terms {
  std::vector<Term> all, none, some;

  // Beside terms that must or must not be there, those with a question mark do not count.
  bool want(std::string_view message) const {
    const auto in = [&](const Term& term) { return term.in(message); };
    if (all.empty() && none.empty()) return std::any_of(some.begin(), some.end(), in);
    return std::all_of(all.begin(), all.end(), in) && std::none_of(none.begin(), none.end(), in);
  }
};

Result<Term> read_term(PatternText& text) {
  Term term;
  if (text.peek() != '"' && text.peek() != '%') {
    term.text = text.take_until(" \t\n\r");
    if (term.text.empty()) return invalid_filter_pattern();
    return term;
  }
  const bool regex = text.peek() == '%';
  auto quoted = text.take_quoted();
  if (!quoted) return invalid_filter_pattern();
  term.text = std::move(*quoted);
  if (regex) {
    PD_TRY(compiled, FilterRegex::compile(term.text));
    term.regex = std::move(compiled);
  }
  return term;
}

}  // namespace

Error invalid_filter_pattern() { return invalid_log_parameter("Invalid filter pattern"); }

Result<LogMatcher> read_term_pattern(std::string_view pattern) {
  PatternText text(pattern);
  Terms terms;
  while (!text.at_end()) {
    std::vector<Term>& kind = text.take("-") ? terms.none : text.take("?") ? terms.some : terms.all;
    PD_TRY(term, read_term(text));
    kind.push_back(std::move(term));
  }
  return LogMatcher(
      [terms = std::move(terms)](std::string_view message) { return terms.want(message); });
}

Result<LogMatcher> read_filter_pattern(std::string_view pattern) {
  constexpr std::string_view spaces = " \t\n\r";
  const size_t first = pattern.find_first_not_of(spaces);
  if (first == pattern.npos) return LogMatcher([](std::string_view) { return true; });
  pattern = pattern.substr(first, pattern.find_last_not_of(spaces) - first + 1);
  if (pattern[0] == '{') return read_json_pattern(pattern);
  if (pattern[0] == '[') return read_fields_pattern(pattern);
  return read_term_pattern(pattern);
}

}  // namespace perdure::api

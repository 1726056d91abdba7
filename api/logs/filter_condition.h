#pragma once
// Conditions of filter patterns: comparisons joined by &&, || and parentheses. What is compared is
// found by whoever knows the message.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perdure::api {

// A regular expression of a pattern's, found anywhere in a text; bounded by a match limit.
class FilterRegex {
 public:
  static Result<FilterRegex> compile(std::string_view text);
  bool found_in(std::string_view text) const;

 private:
  std::shared_ptr<void> code_;  // pcre2_code, shared by copies
};

// What stands at a place of a message.
struct FoundValue {
  enum class Kind : uint8_t { null, boolean, number, text, container };
  Kind kind = Kind::text;
  std::string text;  // of a number: as it is written; of a boolean: "true" or "false"
};

// A reader over what is left of a pattern.
class PatternText {
 public:
  explicit PatternText(std::string_view text) : text_(text) {}

  void skip_spaces();
  bool at_end();
  char peek() const { return text_.empty() ? '\0' : text_[0]; }
  bool take(std::string_view word);                    // behind spaces
  std::string_view take_until(std::string_view ends);  // up to one of these characters, or the end
  // Behind its opening character, which is dropped: up to the next such one, itself dropped.
  // Nothing where that is missing. A backslash keeps the character behind it.
  std::optional<std::string> take_quoted();

 private:
  std::string_view text_;
};

// The values at what a selector names; empty: it does not exist.
using FindValues = std::function<std::vector<FoundValue>(const std::string& selector)>;
using Condition = std::function<bool(const FindValues& find)>;
// Reads a selector, which must be there.
using ReadSelector = std::function<Result<std::string>(PatternText& text)>;

// Reads as far as the condition goes.
Result<Condition> read_condition(PatternText& text, const ReadSelector& read_selector);

}  // namespace perdure::api

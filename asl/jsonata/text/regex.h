#pragma once
// Regular expressions of JavaScript, run by PCRE2 with bounded work.
//
// Characters are code points, as everywhere in the language: where JavaScript (without its flag u)
// sees two halves of a character past FFFF, this sees one. Two more differences: a lookbehind must
// have alternatives of fixed lengths, and a group inside of a repeat keeps what an earlier round
// matched.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/fault.h"
#include "asl/jsonata/text/strings.h"
#include "asl/scope.h"

namespace perdure::asl::jsonata::text {

struct RegexMatch {
  std::string_view text;                                // what matched, of the searched text
  std::vector<std::optional<std::string_view>> groups;  // from 1; nothing: the group took no part
  size_t first_byte = 0;                                // of the searched text
  size_t last_byte = 0;                                 // behind the match
};

// Immutable; may be used by several threads at once.
class Regex {
 public:
  // `flags`: any of i (ignore case) and m (multiline), each once. What is no regular expression is
  // a fault without a code, as in the reference; its message is in `value`.
  static Outcome<Regex> compile(std::string_view pattern, std::string_view flags = {});

  const std::string& pattern() const;

 private:
  friend class RegexSearch;
  struct Code;
  std::shared_ptr<const Code> code_;
};

// The matches of one regular expression in one text, from left to right. The text must outlive it.
// Each match spends steps of the budget by the work it took; a pattern that takes more than the
// budget has, which then is exhausted, or more than 16 MiB of memory, is fault D1012.
class RegexSearch {
 public:
  RegexSearch(const Regex& regex, std::string_view text, Budget& budget);
  ~RegexSearch();
  RegexSearch(const RegexSearch&) = delete;
  RegexSearch& operator=(const RegexSearch&) = delete;

  // The next match, or nothing behind the last one. The first may be empty; D1004 for any other
  // that is.
  Outcome<std::optional<RegexMatch>> next();

  // Gives back what a match takes to be found, up to 16 MiB, until the next one is looked for. What
  // it takes all along is held_bytes().
  void rest();
  size_t held_bytes() const;
  // Where a byte of the text is in UTF-16 units; cheap for those from left to right.
  size_t utf16_index(size_t byte);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// $contains.
Outcome<bool> contains(std::string_view text, const Regex& pattern, Budget& budget);
// $split. Views of `text`.
Outcome<std::vector<std::string_view>> split(std::string_view text, const Regex& separator,
                                             Budget& budget, double limit = no_limit);
// $replace by a text in which $0 is the match, $1 a group (as many digits as there are groups for),
// $$ a dollar. Ends early once the result is longer than `max_bytes`: it is the caller's to refuse.
Outcome<std::string> replace(std::string_view text, const Regex& pattern,
                             std::string_view replacement, Budget& budget, double limit = no_limit,
                             size_t max_bytes = no_size_limit);

// The same substitution for matches that are not a Regex's own.
void append_replacement(std::string_view replacement, std::string_view match,
                        const std::vector<std::optional<std::string_view>>& groups,
                        std::string& out, size_t max_bytes = no_size_limit);

// Where a byte of `text` is in UTF-16 units, as `index` of $match counts.
size_t utf16_index(std::string_view text, size_t byte);

}  // namespace perdure::asl::jsonata::text

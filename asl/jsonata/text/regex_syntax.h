#pragma once
// JavaScript's regular expressions (without its flags u and v) in PCRE2's words. For
// asl/jsonata/text.

#include <cstdint>
#include <string>
#include <string_view>

#include "asl/jsonata/fault.h"

namespace perdure::asl::jsonata::text {

struct RegexSyntax {
  // For PCRE2 with UTF, without its option multiline. Callouts are where work may begin anew: at
  // the beginning, inside of each group, behind each quantifier. What happens between two of them
  // takes time by the length of the pattern and the characters passed, and by what follows here.
  std::string pattern;
  uint32_t groups = 0;          // that capture
  uint64_t forced_repeats = 0;  // characters or groups that a match must repeat, in all
  bool refers_back = false;     // compares with a group's text
};

// A fault without a code, its message in `value`, for what JavaScript refuses.
Outcome<RegexSyntax> translate_regex(std::string_view pattern, bool multiline);

}  // namespace perdure::asl::jsonata::text

#pragma once
// A regular expression that must match a whole text, with bounded work (PCRE2).

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace perdure::asl::jsonpath {

class Regex {
 public:
  // Error: kind invalid, cause names the problem.
  static Result<Regex> compile(std::string_view pattern, bool ignore_case);

  // Error: kind runtime, when the pattern needs more steps than the limit.
  Result<bool> matches(std::string_view text) const;

 private:
  struct Code;
  std::shared_ptr<const Code> code_;
};

}  // namespace perdure::asl::jsonpath

#pragma once
// What a test expects against what there was.

#include <string>
#include <string_view>
#include <vector>

#include "asl/value/value.h"

namespace perdure::api::workflow_tests {

// One difference: where (a JSON pointer into the actual value), what should be there, what is.
struct Difference {
  std::string pointer;
  std::string expected;  // JSON, or words
  std::string actual;    // JSON, or "nothing"
};

// Objects may have more members than the expected one, unless $exact is asked for; arrays are as
// long as the expected ones; numbers compare by value. An object with one of these members alone is
// a rule: {"$exact": V}, {"$any": true}, {"$absent": true}, {"$like": "R-*"}, {"$contains": V}.
void compare(const asl::Value& expected, const asl::Value& actual, const std::string& pointer,
             std::vector<Difference>& differences);

// A text against a pattern of * and ?.
bool like(std::string_view text, const std::string& pattern);

}  // namespace perdure::api::workflow_tests

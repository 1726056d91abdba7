#pragma once
// CloudWatch's filter patterns (CloudWatch Logs: "Filter pattern syntax"): terms, JSON, and fields
// that spaces divide.

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace perdure::api {

// Whether a message is wanted. Safe from any thread.
using LogMatcher = std::function<bool(std::string_view message)>;

// InvalidParameterException for what cannot be read. An empty pattern wants everything.
Result<LogMatcher> read_filter_pattern(std::string_view pattern);

// The three kinds, without the spaces around them.
Result<LogMatcher> read_term_pattern(std::string_view pattern);    // ERROR -debug ?a ?b "x y" %re%
Result<LogMatcher> read_json_pattern(std::string_view pattern);    // { $.a = 1 && $.b = "x*" }
Result<LogMatcher> read_fields_pattern(std::string_view pattern);  // [a, b = 4*, ..., c > 10]

Error invalid_filter_pattern();

}  // namespace perdure::api

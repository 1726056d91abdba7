#pragma once
// The inside of a JSON string: finding its end, checking it, undoing escapes. For asl/value.

#include <optional>
#include <string>
#include <string_view>

#include "asl/value/json_error.h"

namespace perdure::asl {

struct JsonString {
  const char* end;       // the closing quote
  bool escaped = false;  // something had to be undone: the value is in the given buffer
  bool compact = true;   // the text is what the compact writer would write
};

// Reads the string whose first character (behind the quote) is at `at`. Its value is [at, end), or
// `buffer` if `escaped`. `is_name` chooses the words of errors.
Result<JsonString> read_json_string(const char* at, const char* end, bool is_name,
                                    std::string& buffer, const JsonProblems& problems);

}  // namespace perdure::asl

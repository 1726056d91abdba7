#pragma once
// Items as the compact JSON that executions carry.

#include <string>
#include <string_view>

#include "asl/value/value.h"
#include "base/result.h"

namespace perdure::engine {

// Checks and compacts JSON texts, one after the other.
class JsonCompactor {
 public:
  Result<> append(std::string_view json, std::string& out);

 private:
  asl::Arena arena_;
};

// A text in its quotes, escaped. What is not UTF-8 becomes U+FFFD.
void append_json_text(std::string_view text, std::string& out);

}  // namespace perdure::engine

// The first line as CloudWatch's filter pattern, the rest as a message: refused, or a matcher that
// says the same each time.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/logs/filter_pattern.h"

using namespace perdure;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = input.find('\n');
  const std::string_view message = line == input.npos ? std::string_view() : input.substr(line + 1);
  const auto matcher = api::read_filter_pattern(input.substr(0, line));
  if (!matcher) {
    PD_ASSERT(matcher.error().name == "InvalidParameterException");
    return 0;
  }
  for (const std::string_view text : {message, std::string_view(R"({"a":{"b":[1,"x"]},"c":null})"),
                                      std::string_view("127.0.0.1 - [x y] \"GET /\" 200")}) {
    const bool wanted = (*matcher)(text);
    PD_ASSERT((*matcher)(text) == wanted);
  }
  return 0;
}

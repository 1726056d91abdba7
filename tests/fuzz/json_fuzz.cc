// Any bytes as JSON: what is accepted is written as JSON that reads back equal.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "asl/value/utf8.h"
#include "asl/value/value.h"

using namespace perdure::asl;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Arena arena;
  std::vector<DuplicateKey> duplicates;
  const auto parsed = parse_json(text, arena, {}, duplicates);
  if (!parsed) {
    PD_ASSERT(!without_location(parsed.error().cause).empty());
    return 0;
  }
  const std::string written = to_json(*parsed);
  PD_ASSERT(valid_utf8(written));
  const auto again = parse_json(written, arena);
  PD_ASSERT(again && equal(*parsed, *again));
  PD_ASSERT(to_json(*again) == written);
  return 0;
}

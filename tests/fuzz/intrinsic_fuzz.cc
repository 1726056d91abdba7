// Any bytes as a call of an intrinsic function: it is refused, or evaluated within its budget to
// something that can be written as JSON.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "asl/intrinsics/call.h"
#include "asl/value/utf8.h"

using namespace perdure;
using namespace perdure::asl;

namespace {

constexpr std::string_view document =
    R"({"s": "a,b", "n": -7.5, "list": [1, [2], {"k": null}], "o": {"a": 1}, "é": "{}"})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The text of a definition has been checked before.
  if (!valid_utf8(text)) return 0;
  const auto call = intrinsics::Call::compile(text);
  if (!call) return 0;
  Arena arena;
  const Value root = *parse_json(document, arena);
  SeededRandom random(1);
  Budget budget{5'000};
  KnownEnvironment environment(root, root);
  Scope scope{root, environment, Value(), arena, random, budget};
  const auto value = call->evaluate(scope);
  if (!value) {
    PD_ASSERT(!value.error().name.empty() && !value.error().cause.empty());
    return 0;
  }
  Arena other;
  PD_ASSERT(parse_json(to_json(*value), other).has_value());
  return 0;
}

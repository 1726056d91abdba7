// Any bytes as an expression: it is refused, or evaluated within its bounds, in both dialects.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "asl/jsonata/expression.h"

using namespace perdure;
using namespace perdure::asl;

namespace {

constexpr std::string_view document = R"({
  "items": [{"id": 1, "s": "active", "tags": ["a", "b"], "d": {"w": 3}}, {"id": 2, "n": null}],
  "nums": [5, 1, 4.0, 1e400], "limit": 10, "nul": null, "yes": true, "": {"x": [[1], [2, [3]]]}})";

void evaluate(std::string_view text, jsonata::Mode mode) {
  const auto expression = jsonata::Expression::compile(text, mode);
  if (!expression) {
    PD_ASSERT(!jsonata::message_of(expression.error()).empty());
    PD_ASSERT(expression.error().position <= text.size());
    return;
  }
  Arena arena;
  const Value root = *parse_json(document, arena);
  SeededRandom random(1);
  Budget budget{5'000};
  const jsonata::Limits limits{.depth = 100, .arena_bytes = 1 << 20, .value_bytes = 1 << 18};
  const auto value = expression->evaluate(root, root, {0, random}, limits, budget, arena);
  if (!value) {
    PD_ASSERT(!jsonata::message_of(value.error()).empty());
    return;
  }
  // Whatever comes out can be written, and is JSON but for infinities and functions.
  PD_ASSERT(!value->defined() || !to_json(*value).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  evaluate(text, jsonata::Mode::standard);
  evaluate(text, jsonata::Mode::aws);
  return 0;
}

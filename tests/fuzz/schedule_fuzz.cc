// Any bytes as a schedule's expression: refused, or a schedule whose moments come one after the
// other and are found again from just before them.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/schedules/occurrence.h"

using namespace perdure;
using namespace perdure::engine;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expression = parse_schedule_expression(text);
  if (!expression) {
    PD_ASSERT(expression.error().name == "ValidationException");
    return 0;
  }
  constexpr int64_t begin_ms = 1'774'137'600'000;  // 2026-03-22: a week before Berlin's change
  ScheduleBounds bounds;
  bounds.created_ms = begin_ms;
  for (const char* zone : {"UTC", "Europe/Berlin"}) {
    int64_t after_ms = begin_ms;
    for (int i = 0; i < 3; ++i) {
      const auto next = next_occurrence(*expression, after_ms, zone, bounds);
      if (!next) break;
      PD_ASSERT(*next > after_ms);
      PD_ASSERT(next_occurrence(*expression, *next - 1, zone, bounds) == next);
      after_ms = *next;
    }
  }
  return 0;
}

#include "tests/sim/world/trace.h"

#include "base/time.h"

namespace perdure::sim {

uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t z = (a ^ (b + 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL;
  z = (z ^ (z >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return z ^ (z >> 29);
}

uint64_t hash_text(std::string_view text) {
  uint64_t hash = text.size();
  while (text.size() >= 8) {
    uint64_t word;
    __builtin_memcpy(&word, text.data(), 8);
    hash = mix(hash, word);
    text.remove_prefix(8);
  }
  uint64_t word = 0;
  if (!text.empty()) __builtin_memcpy(&word, text.data(), text.size());
  return mix(hash, word);
}

void Trace::line(int64_t now_ms, std::string_view what, std::string_view text) {
  fmt::print("{} {:<12} {}\n", iso8601_ms(now_ms), what, text);
}

}  // namespace perdure::sim

#pragma once
// A hash of texts for tables in memory.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace perdure::asl {

inline uint64_t mix_hash(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// With an address as seed no input can be made to collide beforehand; then no order may come of it.
inline uint64_t hash_text(std::string_view text, const void* seed) {
  constexpr uint64_t odd_a = 0xa0761d6478bd642fULL, odd_b = 0xe7037ed1a0b428dbULL;
  uint64_t state = mix_hash(reinterpret_cast<uintptr_t>(seed) ^ odd_a, odd_b);
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    state = mix_hash(state ^ word, odd_b);
  }
  uint64_t rest = 0;
  if (left > 0) std::memcpy(&rest, at, left);
  return mix_hash(state ^ rest, odd_a ^ text.size());
}

}  // namespace perdure::asl

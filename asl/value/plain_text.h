#pragma once
// How far a JSON string is plain: for asl/value. Most strings are, and short, so this is inlined.

#include <bit>
#include <cstdint>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace perdure::asl {

inline bool is_plain(char c) {
  return static_cast<unsigned char>(c - 0x20) < 0x60 && c != '"' && c != '\\';
}

// Of eight bytes the high bits of those that are not plain. Exact up to the lowest one that is set;
// what stands above it may be set too.
inline uint64_t not_plain(uint64_t word) {
  constexpr uint64_t ones = 0x0101010101010101ULL, high = 0x8080808080808080ULL;
  const auto has_zero = [](uint64_t w) { return (w - ones) & ~w & high; };
  const uint64_t control = (word - ones * 0x20) & ~word & high;
  return (word & high) | control | has_zero(word ^ ones * '"') | has_zero(word ^ ones * '\\');
}

// The first character that is not plain: a quote, a backslash, a control character, not ASCII.
inline const char* skip_plain(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
  const __m128i first_printable = _mm_set1_epi8(0x20);  // what is not ASCII is negative
  for (; end - at >= 16; at += 16) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(text, quote), _mm_cmpeq_epi8(text, backslash));
    const int found = _mm_movemask_epi8(_mm_or_si128(ends, _mm_cmplt_epi8(text, first_printable)));
    if (found != 0) return at + std::countr_zero(static_cast<unsigned>(found));
  }
#endif
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    const uint64_t found = not_plain(word);
    if (found == 0) continue;
    if constexpr (std::endian::native != std::endian::little) break;
    return at + std::countr_zero(found) / 8;
  }
  while (at < end && is_plain(*at)) ++at;
  return at;
}

}  // namespace perdure::asl

#pragma once
// The dice of a simulated world: everything that is left to chance comes from one seed.

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace perdure::sim {

class Chance {
 public:
  explicit Chance(uint64_t seed) : random_(seed) {}

  uint64_t next() { return random_.next(); }
  uint64_t below(uint64_t n) { return random_.next() % n; }  // n > 0
  int64_t between(int64_t low, int64_t high) {               // both included
    return low + static_cast<int64_t>(below(static_cast<uint64_t>(high - low + 1)));
  }
  bool percent(uint64_t p) { return below(100) < p; }
  template <class T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }
  Chance fork() { return Chance(next()); }

 private:
  SeededRandom random_;
};

// The same number for the same texts, whoever asks and in whatever order.
uint64_t mix(uint64_t a, uint64_t b);
uint64_t hash_text(std::string_view text);

}  // namespace perdure::sim

#pragma once
// What happened, as a hash (two runs of a seed must give the same one) and, when asked for, as
// lines that can be read.

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "tests/sim/world/chance.h"

namespace perdure::sim {

class Trace {
 public:
  explicit Trace(bool shown) : shown_(shown) {}

  // A line costs its formatting only if it is shown; its hash is of `what` and `number`.
  template <class... Arguments>
  void note(int64_t now_ms, std::string_view what, uint64_t number,
            fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    hash_ = mix(hash_, mix(hash_text(what), mix(number, static_cast<uint64_t>(now_ms))));
    if (shown_) line(now_ms, what, fmt::format(format, std::forward<Arguments>(arguments)...));
  }
  uint64_t hash() const { return hash_; }
  bool shown() const { return shown_; }

 private:
  static void line(int64_t now_ms, std::string_view what, std::string_view text);

  const bool shown_;
  uint64_t hash_ = 1;
};

// A promise of the engine's was broken. Thrown, and caught where the seed is reported.
struct Violation {
  std::string invariant;
  std::string detail;
};

// The machine or the process is gone, now. Thrown through the engine, which must not catch it.
struct Crash {};

}  // namespace perdure::sim

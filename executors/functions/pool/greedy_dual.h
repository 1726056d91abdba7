#pragma once
// Which warm worker gives way when memory is short (greedy dual, size and frequency): the one whose
// loss costs least for what it holds, and among equals the one that was used longest ago.

#include <algorithm>
#include <cstdint>

namespace perdure::executors {

class GreedyDual {
 public:
  // What a worker that was used just now is worth: how often its function is called, what a start
  // of it takes, what it holds. Compared with the worth of others, whenever that was told.
  double worth(uint64_t calls, int64_t start_us, int64_t memory_kib) const {
    return level_ + static_cast<double>(calls) *
                        static_cast<double>(std::max<int64_t>(start_us, 1)) /
                        static_cast<double>(std::max<int64_t>(memory_kib, 1));
  }
  // One worth so much has given way: whoever is used from now on is worth more than it was.
  void gave_way(double worth) { level_ = std::max(level_, worth); }

 private:
  double level_ = 0;
};

}  // namespace perdure::executors

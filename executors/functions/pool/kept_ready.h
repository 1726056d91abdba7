#pragma once
// How much the spawner keeps ready, by kind (spawn::Keep): one zygote, or cells: one, one more each
// time a worker had to start without, down again to one when it is quiet. Cells of the kinds that
// were wanted least lately give way, so that there are never more than a few processes.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "executors/functions/spawner/protocol.h"

namespace perdure::executors {

// Pure: the caller sends the orders. Moments are milliseconds of one clock.
class KeptReady {
 public:
  static constexpr size_t max_kinds_of_cells = 6;
  static constexpr uint32_t max_cells = 4;  // of one kind
  static constexpr int64_t quiet_ms = 60'000;

  // A function of this kind is there. The orders for the spawner, none if nothing changes.
  std::vector<spawn::Keep> want(const spawn::Keep& kind, int64_t now_ms);
  // A worker of the kind started without.
  std::vector<spawn::Keep> missed(const std::string& key, int64_t now_ms);
  std::vector<spawn::Keep> sweep(int64_t now_ms);
  // For a spawner that knows nothing.
  std::vector<spawn::Keep> all() const;

 private:
  struct Kind {
    spawn::Keep order;
    int64_t wanted_ms = 0;
    int64_t missed_ms = 0;
  };
  std::map<std::string, Kind> kinds_;
};

}  // namespace perdure::executors

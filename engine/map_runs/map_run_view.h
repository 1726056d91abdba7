#pragma once
// What DescribeMapRun and ListMapRuns show.

#include <optional>
#include <string>

#include "base/result.h"
#include "engine/map_runs/map_run.h"
#include "engine/store/store.h"

namespace perdure::engine {

struct MapRunView {
  std::string arn;
  std::string execution_arn;
  std::string state_machine_arn;  // with the label
  std::string status;             // AWS's words
  int64_t start_ms = 0;
  int64_t stop_ms = 0;  // 0: it runs
  int64_t max_concurrency = 0;
  int64_t tolerated_failure_count = 0;
  double tolerated_failure_percentage = 0;
  MapRunCounts items, children;
  int64_t pending_items = 0, pending_children = 0;
  MapRunCounts final_items, final_children;  // of these, what has failed for good
  int64_t redrive_count = 0;
  int64_t redrive_ms = 0;  // the last one's moment; 0: none
};

// As the store has it; ResourceNotFound if it does not.
Result<MapRunView> read_map_run(Store& store, const std::string& arn);

}  // namespace perdure::engine

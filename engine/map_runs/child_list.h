#pragma once
// The children of a map run as lists show them. Those that wait for their redrive (they ended badly
// before the run was redriven, and have not run since) are PENDING_REDRIVE, AWS's word.

#include <vector>

#include "engine/map_runs/map_run_view.h"
#include "engine/store/store.h"

namespace perdure::engine {

void show_pending_redrive(const MapRunView& run, ExecutionRecord& child);

// As Store::list_executions; the filter names the run. Blocks on the store.
Result<std::vector<ExecutionRecord>> list_map_children(Store& store, const MapRunView& run,
                                                       const ExecutionFilter& filter,
                                                       const ExecutionPosition& after,
                                                       int64_t limit);

}  // namespace perdure::engine

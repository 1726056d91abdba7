#pragma once
#include "asl/execution/run.h"

namespace perdure::asl {

// A Retry of the container: its branches or iterations start anew, after the event that failed.
void try_parallel_again(const ParallelState& parallel, const Frame& frame, Run& run);
void try_map_again(const MapState& map, const Frame& frame, Run& run);
void try_task_again(const TaskState& task, const Frame& frame, Run& run);

// All children have ended well: their outputs, as an array, are the container's result.
void complete_container(const Frame& container, const ResultFields& fields, EntryType succeeded,
                        Run& run);

}  // namespace perdure::asl

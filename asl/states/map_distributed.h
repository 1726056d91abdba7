#pragma once
// A Map in DISTRIBUTED mode: its children are executions of a map run, which is an actor of its
// own. Here it is asked for (MapRunStarted) and its end is taken up.

#include "asl/execution/run.h"

namespace perdure::asl {

// What all Maps evaluate: the input behind InputPath, the items, the concurrency.
struct MapInput {
  Data input;
  Data items;  // absent with an ItemReader
  int64_t max_concurrency = 0;
};

// Appends MapStateStarted and MapRunStarted after `previous`, or fails the state.
void start_map_run(const MapState& map, const Frame& frame, MapInput input, EventId previous,
                   Run& run);

}  // namespace perdure::asl

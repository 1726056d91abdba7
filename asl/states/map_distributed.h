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
  bool keyed = false;  // the items are {"Key": ..., "Value": ...}, of an object
};

// The Map state of a definition whose map runs have this label, wherever it is; null if none has.
// One without a label of its own has a UUID that follows from the definition.
const State* find_labelled_map(const StateGraph& graph, std::string_view definition_hash,
                               std::string_view label);

// Appends MapStateStarted and MapRunStarted after `previous`, or fails the state.
void start_map_run(const MapState& map, const Frame& frame, MapInput input, EventId previous,
                   Run& run);

// A redrive: lets the frame's map run go on that did not end well (MapRunRedriven), or fails the
// state because that was done too often. False if there is none that could go on.
bool redrive_map_run(const Frame& frame, Run& run);

}  // namespace perdure::asl

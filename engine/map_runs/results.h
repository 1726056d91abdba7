#pragma once
// What a map run leaves: the results of its children, read back from its journal.

#include <functional>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "engine/map_runs/map_run.h"
#include "engine/store/store.h"

namespace perdure::engine {

// What is kept of a child that has ended: its output, where it succeeded and nothing more is asked
// for; else its description, as ResultWriter's form NONE has it.
std::string map_child_result(const Closed& closed, bool described);

ChildStatus child_status(asl::ExecutionStatus status);

// Calls back for each child that ended, in the order in which they did; once for each, with what it
// has come to last. Blocks on the store.
Result<> each_result(Store& store, const ActorKey& key, const MapRun& run,
                     const std::function<Result<>(const map_note::ChildEnded&)>& visit);

// The state's result without a ResultWriter that saves: all results in the order of their items.
// States.DataLimitExceeded beyond `max_bytes`.
Result<std::string> inline_results(Store& store, const ActorKey& key, const MapRun& run,
                                   int64_t max_bytes);

}  // namespace perdure::engine

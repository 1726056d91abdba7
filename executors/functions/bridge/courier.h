#pragma once
// Brings telemetry to the extensions that have subscribed to it. A process of the worker's own does
// so: what an extension names as its address is reached from within the walls only.

#include "executors/functions/bridge/relay.h"

namespace perdure::executors::bridge {

// Asks the engine for one batch after the other, until that has been away for too long. Blocks.
void run_courier(const RelayOptions& options);

}  // namespace perdure::executors::bridge

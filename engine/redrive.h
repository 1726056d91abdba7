#pragma once
// Which executions may be redriven.

#include <optional>
#include <string>

#include "asl/execution/advance.h"
#include "engine/store/store.h"

namespace perdure::engine {

// Why not, in AWS's words (DescribeExecution, redriveStatusReason); nothing if it may. `events`:
// how many its history has. `deleting`: its state machine is.
std::optional<std::string> not_redrivable(const ExecutionRecord& record, int64_t events,
                                          const asl::Limits& limits, int64_t now_ms,
                                          bool deleting = false);

}  // namespace perdure::engine

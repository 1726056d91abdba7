#pragma once
// History events as GetExecutionHistory writes them.

#include "asl/execution/entry.h"
#include "base/json.h"

namespace perdure::api {

// One public entry. Without data, input, output and what goes with them are left out; names, error
// and cause stay.
Json history_event_json(const asl::Entry& entry, bool include_data);

}  // namespace perdure::api

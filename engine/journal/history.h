#pragma once
// What the history shows of an entry, whoever shows it: GetExecutionHistory and execution logs.

#include <string>

#include "asl/execution/entry.h"
#include "base/json.h"

namespace perdure::engine::journal {

// Events without details have nothing to say but that they happened.
bool has_details(asl::EntryType type);

// The members of a public entry's details, under AWS's names. Without data, input, output and what
// goes with them are left out; names, error and cause stay.
Json event_details(const asl::Entry& entry, bool include_data);

}  // namespace perdure::engine::journal

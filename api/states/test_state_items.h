#pragma once
// The items of a Map with an ItemReader, from data that TestState was given.

#include <string>

#include "asl/states/map_run.h"
#include "asl/value/payload.h"
#include "base/result.h"

namespace perdure::api {

// All that the reader finds in `data`, which stands for the content of its object, as one array.
// Errors: States.ItemReaderFailed, States.DataLimitExceeded.
Result<asl::Payload> read_items(const asl::ItemReader& reader, const std::string& data);

}  // namespace perdure::api

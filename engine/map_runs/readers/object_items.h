#pragma once
// What ItemReaders read from the object store.

#include "engine/map_runs/item_source.h"
#include "engine/objects/objects.h"

namespace perdure::engine {

// `objects` outlives what is opened.
OpenItems items_in(Objects& objects);

}  // namespace perdure::engine

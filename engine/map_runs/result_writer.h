#pragma once
// ResultWriter: the results of a map run as objects, in AWS's documented layout.

#include <string>

#include "engine/map_runs/item_feed.h"
#include "engine/map_runs/map_run.h"
#include "engine/objects/objects.h"
#include "engine/store/store.h"

namespace perdure::engine {

struct ResultWriterParts {
  Store& store;
  Objects* objects;  // null: there are none
  const OpenItems& open_items;
  FeedParts feed;  // for the items that no child has been started with
};

// Writes SUCCEEDED_n, FAILED_n and PENDING_n.json (.jsonl), then manifest.json, and gives the
// state's result: where the manifest is. Done again it writes the same objects. What is in memory
// is bounded by the largest result. Blocks. States.ResultWriterFailed.
Result<std::string> write_results(const ResultWriterParts& parts, const ActorKey& key,
                                  const MapRun& run);

}  // namespace perdure::engine

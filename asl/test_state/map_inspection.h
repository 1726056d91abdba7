#pragma once
// What a Map that has begun shows of its iterations and its bounds, none of which is run.

#include <span>
#include <string_view>

#include "asl/execution/run.h"
#include "asl/states/map.h"

namespace perdure::asl {

// Shows after_item_selector, as an array of the inputs of all iterations, and the numbers
// max_concurrency, tolerated_failure_count and tolerated_failure_percentage. `items`: the texts of
// the items. The array of the batches that an ItemBatcher makes of them; absent without one. A
// field that cannot be evaluated fails the state.
Payload inspect_map(const MapState& map, const Frame& frame,
                    std::span<const std::string_view> items, Run& run);

// Where a Map with an ItemReader has its items if nothing was read: what its input has them as,
// also shown as after_items_path. Absent if that is no array.
Payload items_in_input(const MapState& map, const Frame& frame, Run& run);

}  // namespace perdure::asl

#pragma once
#include <memory>
#include <optional>
#include <string>

#include "asl/states/map_run.h"

namespace perdure::asl {

struct MapState {
  enum class Mode : uint8_t { inline_, distributed };
  Mode mode = Mode::inline_;
  bool express = false;                         // of a distributed Map: ExecutionType
  std::shared_ptr<const StateGraph> processor;  // ItemProcessor, or the legacy Iterator
  PathOrNull items_path;
  std::optional<Query> items;             // JSONata
  std::optional<Fillable> item_selector;  // ItemSelector, or the legacy Parameters
  int64_t max_concurrency = 0;            // 0: as many as the limits allow
  std::optional<PathExpression> max_concurrency_path;
  std::optional<Query> max_concurrency_query;
  // Only a distributed Map acts on these; elsewhere they are checked, and inspected.
  SecondsField tolerated_failure_count;  // a number of items
  PercentField tolerated_failure_percentage;
  std::shared_ptr<const DistributedMap> distributed;  // null: INLINE
  std::string label;
  ResultFields fields;  // parameters unused
};

}  // namespace perdure::asl

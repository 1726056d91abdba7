#pragma once
#include <memory>
#include <optional>
#include <string>

#include "asl/states/common.h"

namespace perdure::asl {

struct MapState {
  enum class Mode : uint8_t { inline_, distributed };
  Mode mode = Mode::inline_;
  std::shared_ptr<const StateGraph> processor;  // ItemProcessor, or the legacy Iterator
  PathOrNull items_path;
  std::optional<Query> items;             // JSONata
  std::optional<Fillable> item_selector;  // ItemSelector, or the legacy Parameters
  int64_t max_concurrency = 0;            // 0: as many as the limits allow
  std::optional<PathExpression> max_concurrency_path;
  std::optional<Query> max_concurrency_query;
  // Failures an INLINE map tolerates are not part of the language; the fields are checked only.
  SecondsField tolerated_failure_count;
  SecondsField tolerated_failure_percentage;
  std::string label;
  ResultFields fields;  // parameters unused
};

}  // namespace perdure::asl

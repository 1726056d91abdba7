#pragma once
// What a map run begins with: complete in itself, so that it goes on whatever becomes of the state
// machine.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/keys.h"
#include "engine/map_runs/item_source.h"

namespace perdure::engine {

struct MapRunOrder {
  Tenant tenant;
  std::string arn;  // arn:aws:states:R:A:mapRun:NAME/LABEL:UUID
  std::string execution_arn;
  int64_t frame = 0;    // of the execution's Map state,
  int64_t started = 0;  // and its MapRunStarted event
  std::string role_arn;
  std::string definition_hash;  // of the execution
  std::string trace_header;
  std::string settings;        // JSON: see MapRunSettings
  std::string items;           // compact JSON array; empty with an ItemReader
  std::string selector_input;  // what the ItemSelector sees as its input
  bool operator==(const MapRunOrder&) const = default;
};

// Members in the order in which they are written.
template <class Visitor, class Order>
void visit_map_run_order(Visitor&& visit, Order& order) {
  visit(order.tenant.account), visit(order.tenant.region), visit(order.arn);
  visit(order.execution_arn), visit(order.frame), visit(order.started), visit(order.role_arn);
  visit(order.definition_hash), visit(order.trace_header), visit(order.settings);
  visit(order.items), visit(order.selector_input);
}

// How results are written: AWS's NONE (the whole description of the execution), COMPACT (its
// output), FLATTEN (its output; arrays are put together).
enum class ResultForm : uint8_t { none, compact, flatten };

// The settings of the Map state, evaluated when the run was asked for.
struct MapRunSettings {
  std::string state;  // its name
  std::string label;
  bool express = false;
  int64_t max_concurrency = 0;  // 0: as many as the limits allow
  std::optional<int64_t> tolerated_failure_count;
  std::optional<double> tolerated_failure_percentage;
  std::optional<ItemReaderSpec> reader;
  bool keyed = false;     // the order's items are {"Key": ..., "Value": ...}
  int64_t max_items = 0;  // 0: all
  bool batched = false;
  std::optional<int64_t> max_items_per_batch;
  std::optional<int64_t> max_bytes_per_batch;
  std::string batch_input;       // compact JSON; empty: none
  std::string writer_arguments;  // JSON object; empty: results are not saved
  ResultForm form = ResultForm::compact;
  bool json_lines = false;
  std::string context, variables;  // of the ItemSelector, JSON objects
  int64_t entered_event = 0;
};
Result<MapRunSettings> read_map_run_settings(std::string_view json);

// Names of the children; all follow from the map run's.
std::string map_run_machine(const MapRunOrder& order);  // "NAME/LABEL"
std::string map_child_name(const MapRunOrder& order, int64_t index);
std::string map_child_arn(const MapRunOrder& order, bool express, int64_t index);
// Of the item processor of this state, as a definition of its own.
std::string nested_definition_hash(std::string_view definition_hash, std::string_view state);

}  // namespace perdure::engine

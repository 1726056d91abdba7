#include <array>
#include <utility>

#include "asl/parse/paths.h"
#include "asl/parse/state_readers.h"
#include "asl/parse/templates.h"

namespace perdure::asl {
namespace {

constexpr std::array processor_fields = {FieldRule{"ProcessorConfig"}, FieldRule{"Comment"},
                                         FieldRule{"StartAt"}, FieldRule{"States"}};

void read_processor(const ObjectReader& map, MapState& state) {
  static constexpr std::array<std::string_view, 2> either = {"ItemProcessor", "Iterator"};
  map.exactly_one_of(either);
  const std::string_view field = map.has("ItemProcessor") ? "ItemProcessor" : "Iterator";
  state.processor = std::make_shared<const StateGraph>();
  const Value value = map.get(field);
  if (!value.defined()) return;
  ParseContext& context = map.context();
  // The states inside go by the machine's language, not by the Map's.
  const auto processor =
      ObjectReader::open(value, map.location(field), context.machine_language, context);
  if (!processor) return;
  processor->allow(processor_fields);
  const MachineType outside = context.machine_type;
  state.mode = read_processor_config(*processor, context.machine_type);
  state.express = context.machine_type == MachineType::express;
  state.processor = read_nested_graph(*processor);
  context.machine_type = outside;
}

// ItemSelector, or Parameters, its name before 2022.
void read_item_selector(const ObjectReader& map, MapState& state) {
  static constexpr std::array<std::string_view, 2> either = {"ItemSelector", "Parameters"};
  map.at_most_one_of(either);
  state.item_selector = read_fillable(map, "ItemSelector");
  if (!state.item_selector && !map.jsonata()) {
    state.item_selector = read_fillable(map, "Parameters");
  }
}

void read_concurrency(const ObjectReader& map, MapState& state) {
  static constexpr std::array<std::string_view, 2> either = {"MaxConcurrency",
                                                             "MaxConcurrencyPath"};
  map.at_most_one_of(either);
  state.max_concurrency = map.integer("MaxConcurrency", {.min = 0}).value_or(0);
  state.max_concurrency_path = read_path(map, "MaxConcurrencyPath", reference_path);
  state.max_concurrency_query = read_expression(map, "MaxConcurrency");
}

}  // namespace

MapState read_map(StateScope& scope) {
  const ObjectReader& map = scope.fields;
  MapState state;
  read_processor(map, state);
  read_item_selector(map, state);
  read_concurrency(map, state);
  read_distributed_fields(map, state);
  read_retry_and_catch(scope, state.fields);
  state.items = read_query(map, "Items");
  if (map.jsonata()) return state;
  state.items_path = read_path_or_null(map, "ItemsPath", reference_path_or_context);
  state.fields.result_selector = read_template(map, "ResultSelector");
  state.fields.result_path = read_path_or_null(map, "ResultPath", reference_path_or_null);
  return state;
}

}  // namespace perdure::asl

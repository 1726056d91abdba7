#include "asl/test_state/map_inspection.h"

#include "asl/states/data_flow.h"
#include "asl/states/map_number.h"

namespace perdure::asl {
namespace {

using Items = std::span<const std::string_view>;

Result<> show_selected(const MapState& map, Items items, Data input, Evaluation& evaluation) {
  if (!map.item_selector) return {};
  std::vector<Value> selected;
  for (size_t i = 0; i < items.size(); ++i) {
    evaluation.set_item(static_cast<int64_t>(i), Payload(std::string(items[i])));
    PD_TRY(one, filled_in(evaluation, map.item_selector, input));
    PD_TRY(value, evaluation.value(one));
    selected.push_back(value);
  }
  evaluation.show(DataStage::after_item_selector, Value::array(selected, evaluation.arena()));
  return {};
}

Result<> show_bound(const SecondsField& field, std::string_view name, DataStage stage, Data& input,
                    Evaluation& evaluation) {
  PD_TRY(number, seconds_of(evaluation, field, name, input));
  if (number) evaluation.show(stage, Value::integer(*number));
  return {};
}

Result<> shown(const MapState& map, const Frame& frame, Items items, Evaluation& evaluation) {
  PD_TRY(input, through(evaluation, frame.state->common.input_path, Data{frame.input}));
  PD_CHECK(show_selected(map, items, input, evaluation));
  evaluation.show(DataStage::max_concurrency, Value::integer(frame.max_concurrency));
  PD_CHECK(show_bound(map.tolerated_failure_count, "ToleratedFailureCountPath",
                      DataStage::tolerated_failure_count, input, evaluation));
  PD_TRY(percent, map_percentage(evaluation, map.tolerated_failure_percentage, input));
  if (percent) {
    evaluation.show(DataStage::tolerated_failure_percentage, Value::number(*percent));
  }
  return {};
}

}  // namespace

void inspect_map(const MapState& map, const Frame& frame, Items items, Run& run) {
  const auto result = shown(map, frame, items, run.evaluation(frame));
  if (!result) run.fail(frame, result.error(), frame.last_event);
}

}  // namespace perdure::asl

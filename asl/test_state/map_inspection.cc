#include "asl/test_state/map_inspection.h"

#include <limits>

#include "asl/states/data_flow.h"
#include "asl/states/map_number.h"

namespace perdure::asl {
namespace {

using Texts = std::vector<std::string>;

// What stands for each item in the input of a child.
Result<Texts> selected_items(const MapState& map, std::span<const std::string_view> items,
                             Data input, Evaluation& evaluation) {
  Texts texts(items.begin(), items.end());
  if (!map.item_selector) return texts;
  std::string array = "[";
  for (size_t i = 0; i < items.size(); ++i) {
    evaluation.set_item(static_cast<int64_t>(i), Payload(texts[i]));
    PD_TRY(selected, filled_in(evaluation, map.item_selector, input));
    PD_TRY(text, evaluation.payload(selected));
    texts[i] = text.text();
    array += (i > 0 ? "," : "") + texts[i];
  }
  evaluation.show(DataStage::after_item_selector, Data{Payload(array + "]")});
  return texts;
}

// As map runs make them: a batch takes items while it stays within its bounds.
std::string batches_of(const Texts& items, const std::string& head, int64_t max_items,
                       int64_t max_bytes) {
  std::string batches = "[";
  size_t next = 0;
  while (next < items.size()) {
    std::string batch = head;
    for (int64_t count = 0; next < items.size() && count < max_items; ++count, ++next) {
      const auto grown = static_cast<int64_t>(batch.size() + items[next].size() + 3);
      if (count > 0 && grown > max_bytes) break;
      batch += (count > 0 ? "," : "") + items[next];
    }
    batches += (batches.size() > 1 ? "," : "") + batch + "]}";
  }
  return batches + "]";
}

// Numbers below one stand for no bound.
int64_t bound(const std::optional<int64_t>& number) {
  return number && *number > 0 ? *number : std::numeric_limits<int64_t>::max();
}

Result<Payload> batched(const ItemBatcher& batcher, const Texts& items, Data& input,
                        Evaluation& evaluation) {
  PD_TRY(max_items, map_number(evaluation, batcher.max_items, "MaxItemsPerBatchPath", input));
  PD_TRY(max_bytes, map_number(evaluation, batcher.max_bytes, "MaxInputBytesPerBatchPath", input));
  std::string head = "{";
  if (batcher.input) {
    PD_TRY(filled, filled_in(evaluation, batcher.input, input));
    PD_TRY(text, evaluation.payload(filled));
    head += "\"BatchInput\":" + std::string(text.text()) + ",";
  }
  return Payload(batches_of(items, head + "\"Items\":[", bound(max_items), bound(max_bytes)));
}

Result<> show_bounds(const MapState& map, Data& input, Evaluation& evaluation) {
  const SecondsField concurrency{map.max_concurrency, map.max_concurrency_path,
                                 map.max_concurrency_query};
  PD_TRY(most, map_number(evaluation, concurrency, "MaxConcurrencyPath", input));
  if (most) evaluation.show(DataStage::max_concurrency, Value::integer(*most));
  PD_TRY(count,
         map_number(evaluation, map.tolerated_failure_count, "ToleratedFailureCountPath", input));
  if (count) evaluation.show(DataStage::tolerated_failure_count, Value::integer(*count));
  PD_TRY(percent, map_percentage(evaluation, map.tolerated_failure_percentage, input));
  if (percent) {
    evaluation.show(DataStage::tolerated_failure_percentage, Value::number(*percent));
  }
  return {};
}

Result<Payload> inspected(const MapState& map, const Frame& frame,
                          std::span<const std::string_view> items, Evaluation& evaluation) {
  PD_TRY(input, through(evaluation, frame.state->common.input_path, Data{frame.input}));
  PD_TRY(texts, selected_items(map, items, input, evaluation));
  PD_CHECK(show_bounds(map, input, evaluation));
  if (!map.distributed || !map.distributed->batcher) return Payload();
  return batched(*map.distributed->batcher, texts, input, evaluation);
}

}  // namespace

Payload inspect_map(const MapState& map, const Frame& frame,
                    std::span<const std::string_view> items, Run& run) {
  auto batches = inspected(map, frame, items, run.evaluation(frame));
  if (batches) return *batches;
  run.fail(frame, batches.error(), frame.last_event);
  return {};
}

Payload items_in_input(const MapState& map, const Frame& frame, Run& run) {
  Evaluation& evaluation = run.evaluation(frame);
  auto items = through(evaluation, frame.state->common.input_path, Data{frame.input});
  if (items) items = through(evaluation, map.items_path, *items);
  if (!items) return {};
  const auto value = evaluation.value(*items);
  if (!value || !value->is(Kind::array)) return {};
  evaluation.show(DataStage::after_items_path, *value);
  return Payload(to_json(*value));
}

}  // namespace perdure::asl

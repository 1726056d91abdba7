#include "asl/states/container.h"
#include "asl/states/data_flow.h"
#include "asl/states/map_distributed.h"
#include "asl/states/map_number.h"
#include "asl/states/states.h"

namespace perdure::asl {
namespace {

Error runtime(std::string cause) {
  return Error{ErrorKind::runtime, "States.Runtime", std::move(cause)};
}

Result<int64_t> concurrency(const MapState& map, Data& input, Evaluation& evaluation) {
  const SecondsField field{map.max_concurrency, map.max_concurrency_path,
                           map.max_concurrency_query};
  PD_TRY(number, map_number(evaluation, field, "MaxConcurrencyPath", input));
  return *number;
}

// AWS: a distributed Map also maps an object, a pair of key and value at a time.
bool is_mapped_object(const MapState& map, const Value& value) {
  return map.distributed && value.is(Kind::object);
}

Value pairs_of(const Value& object, Arena& arena) {
  std::vector<Value> pairs;
  pairs.reserve(object.members().size());
  for (const Member& member : object.members()) {
    const Member pair[] = {{"Key", Value::string(member.key, arena)}, {"Value", member.value}};
    pairs.push_back(Value::object(pair, arena));
  }
  return Value::array(pairs, arena);
}

Result<Data> queried_items(const MapState& map, const Data& input, Evaluation& evaluation) {
  PD_TRY(items, queried(evaluation, map.items, input));
  PD_TRY(value, evaluation.value(items));
  if (value.is(Kind::array) || is_mapped_object(map, value)) return items;
  if (map.items) return map.items->unexpected("array", value, evaluation.failed_at);
  return query_error("Map state input must be an array but was: " + to_json(value));
}

Result<Data> items_of(const MapState& map, Data& input, Evaluation& evaluation) {
  PD_TRY(items, through(evaluation, map.items_path, input));
  PD_TRY(value, evaluation.value(items));
  if (value.is(Kind::array)) {
    // The text is split later without parsing, so it has to be the compact form.
    return items.payload && items.payload == input.payload ? items : Data{value};
  }
  if (is_mapped_object(map, value)) return Data{value};
  const auto& path = map.items_path.path;
  std::string text = path ? path->text() : "$";
  // Recorded: AWS writes a path of the context object as one of the document that this is.
  if (path && path->source() == PathExpression::Source::context) text.erase(0, 1);
  return runtime("Reference path \"" + text + "\" must point to array.");
}

// Starts the next iteration; its event follows `previous`.
bool start_iteration(const MapState& map, const Frame& frame, EventId previous, Run& run) {
  const int64_t index = frame.next_index;
  Entry entry(EntryType::MapIterationStarted, run.execution().next_frame_id());
  entry.set(Field::name, frame.state->name).set(Field::index, index).set(Field::parent, frame.id);
  if (map.item_selector) {
    Evaluation& evaluation = run.evaluation(frame);
    auto input = through(evaluation, frame.state->common.input_path, Data{frame.input});
    if (!input) return run.fail(frame, input.error(), previous), false;
    evaluation.set_item(index, frame.items[static_cast<size_t>(index)]);
    const auto selected = filled_in(evaluation, map.item_selector, *input);
    if (!selected) return run.fail(frame, selected.error(), previous), false;
    evaluation.show(DataStage::after_item_selector, *selected);
    const auto most = static_cast<size_t>(run.surrounding().limits.max_payload_bytes);
    const auto given = evaluation.payload(*selected, most);
    if (!given) return run.fail(frame, given.error(), previous), false;
    entry.set(Field::child_input, *given);
  }
  run.append(std::move(entry), previous);
  return !run.closed();
}

int64_t allowed(const Frame& frame, const Run& run) {
  const int64_t most = run.surrounding().limits.inline_map_concurrency;
  return frame.max_concurrency > 0 ? std::min(frame.max_concurrency, most) : most;
}

void start_map(const MapState& map, const Frame& frame, EventId previous, Run& run) {
  Evaluation& evaluation = run.evaluation(frame);
  auto input = through(evaluation, frame.state->common.input_path, Data{frame.input});
  if (!input) return run.fail(frame, input.error(), previous);
  evaluation.show(DataStage::after_input_path, *input);
  const auto max_concurrency = concurrency(map, *input, evaluation);
  if (!max_concurrency) return run.fail(frame, max_concurrency.error(), previous);
  if (map.distributed && map.distributed->reader) {
    return start_map_run(map, frame, {*input, Data(), *max_concurrency}, previous, run);
  }
  const auto items = is_jsonata(frame) ? queried_items(map, *input, evaluation)
                                       : items_of(map, *input, evaluation);
  if (!items) return run.fail(frame, items.error(), previous);
  evaluation.show(DataStage::after_items_path, *items);
  if (map.distributed) {
    const bool keyed = items->value.is(Kind::object);
    const Data mapped = keyed ? Data{pairs_of(items->value, evaluation.arena())} : *items;
    return start_map_run(map, frame, {*input, mapped, *max_concurrency, keyed}, previous, run);
  }
  const auto length = static_cast<int64_t>(items->value.items().size());
  const auto listed = evaluation.payload(*items);
  if (!listed) return run.fail(frame, listed.error(), previous);
  const EventId started = run.append(Entry(EntryType::MapStateStarted, frame.id)
                                         .set(Field::length, length)
                                         .set(Field::max_concurrency, *max_concurrency)
                                         .set(Field::items, *listed),
                                     previous);
  if (run.closed()) return;
  if (length == 0) return complete_container(frame, map.fields, EntryType::MapStateSucceeded, run);
  start_iterations(frame, started, run);
}

}  // namespace

bool start_iterations(const Frame& container, EventId previous, Run& run) {
  const auto& map = std::get<MapState>(container.state->kind);
  const auto length = static_cast<int64_t>(container.items.size());
  const int64_t most = allowed(container, run);
  while (container.next_index < length && container.running < most) {
    if (!start_iteration(map, container, previous, run)) return false;
  }
  return true;
}

void enter(const MapState& map, const Frame& frame, Run& run) {
  start_map(map, frame, frame.entered_event, run);
}

void try_map_again(const MapState& map, const Frame& frame, Run& run) {
  start_map(map, frame, frame.last_event, run);
}

void iteration_finished(const Frame& container, EventId exit, Run& run) {
  const auto& map = std::get<MapState>(container.state->kind);
  const auto length = static_cast<int64_t>(container.items.size());
  if (container.next_index < length) {
    if (container.running < allowed(container, run)) start_iteration(map, container, exit, run);
    return;
  }
  if (container.running == 0) {
    complete_container(container, map.fields, EntryType::MapStateSucceeded, run);
  }
}

}  // namespace perdure::asl

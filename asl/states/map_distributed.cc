#include "asl/states/map_distributed.h"

#include "asl/states/data_flow.h"
#include "asl/states/map_number.h"
#include "asl/states/states.h"
#include "base/hash.h"
#include "base/ids.h"

namespace perdure::asl {
namespace {

constexpr int64_t most_redrives = 1'000;  // AWS: of one map run

std::string label_of(const MapState& map, const std::string& state,
                     std::string_view definition_hash) {
  if (!map.label.empty()) return map.label;
  return uuid_of(sha256(std::string(definition_hash) + "/" + state));
}

// arn:aws:states:R:A:mapRun:NAME/LABEL:UUID. A map run inside a child belongs to the same machine.
std::string map_run_arn(const MapState& map, const Frame& frame, Run& run) {
  constexpr std::string_view from = ":stateMachine:";
  const ExecutionIdentity& identity = run.execution().identity();
  std::string arn = identity.machine_arn;
  const size_t at = arn.find(from);
  if (at != std::string::npos) {
    arn.replace(at, from.size(), ":mapRun:");
    arn.resize(std::min(arn.size(), arn.find('/')));
  }
  return arn + "/" + label_of(map, frame.state->name, identity.definition_hash) + ":" +
         make_uuid(run.surrounding().random);
}

// Collects the members of the settings that a map run begins with.
class Settings {
 public:
  Settings(const Frame& frame, Evaluation& evaluation, Data input)
      : frame_(frame), evaluation_(evaluation), input_(std::move(input)) {}

  void add(std::string_view name, Value value) { members_.push_back({name, value}); }
  void add(std::string_view name, std::string_view text) {
    if (!text.empty()) add(name, Value::string(text, evaluation_.arena()));
  }
  Result<> add_number(std::string_view name, const SecondsField& field,
                      std::string_view path_field) {
    PD_TRY(number, map_number(evaluation_, field, path_field, input_));
    if (number) add(name, Value::integer(*number));
    return {};
  }
  Result<> add_percentage(const PercentField& field) {
    PD_TRY(percent, map_percentage(evaluation_, field, input_));
    if (percent) add("toleratedFailurePercentage", Value::number(*percent));
    return {};
  }
  Result<> add_filled(std::string_view name, const std::optional<Fillable>& field) {
    if (!field) return {};
    PD_TRY(filled, filled_in(evaluation_, field, input_));
    PD_TRY(value, evaluation_.value(filled));
    add(name, value);
    return {};
  }
  Result<> add_reader(const ItemReader& reader);
  Result<> add_selection();
  std::string text() { return to_json(Value::object(members_, evaluation_.arena())); }

 private:
  const Frame& frame_;
  Evaluation& evaluation_;
  Data input_;
  std::vector<Member> members_;
};

Result<> Settings::add_reader(const ItemReader& reader) {
  add("resource", reader.lists ? "listObjectsV2" : "getObject");
  PD_CHECK(add_filled("arguments", reader.arguments));
  add("inputType", reader.input_type);
  add("headerGiven", Value::boolean(reader.header_given));
  std::vector<Value> headers;
  for (const std::string& header : reader.headers) {
    headers.push_back(Value::string(header, evaluation_.arena()));
  }
  add("headers", Value::array(headers, evaluation_.arena()));
  add("delimiter", reader.delimiter);
  add("itemsPointer", reader.items_pointer);
  add("manifestType", reader.manifest_type);
  add("transformation", reader.transformation);
  return add_number("maxItems", reader.max_items, "MaxItemsPath");
}

// What the ItemSelector sees beside the item.
Result<> Settings::add_selection() {
  PD_TRY(context, evaluation_.context());
  PD_TRY(variables, evaluation_.variables());
  add("context", context);
  if (variables.defined()) add("variables", variables);
  add("enteredEvent", Value::integer(frame_.entered_event));
  return {};
}

Result<std::string> settings_of(const MapState& map, const Frame& frame, const MapInput& given,
                                const std::string& label, Run& run) {
  const DistributedMap& distributed = *map.distributed;
  Settings settings(frame, run.evaluation(frame), given.input);
  settings.add("state", frame.state->name);
  settings.add("label", label);
  settings.add("express", Value::boolean(distributed.express));
  settings.add("maxConcurrency", Value::integer(given.max_concurrency));
  if (given.keyed) settings.add("keyed", Value::boolean(true));
  PD_CHECK(settings.add_number("toleratedFailureCount", map.tolerated_failure_count,
                               "ToleratedFailureCountPath"));
  PD_CHECK(settings.add_percentage(map.tolerated_failure_percentage));
  if (distributed.reader) PD_CHECK(settings.add_reader(*distributed.reader));
  if (distributed.batcher) {
    const ItemBatcher& batcher = *distributed.batcher;
    settings.add("batched", Value::boolean(true));
    PD_CHECK(settings.add_number("maxItemsPerBatch", batcher.max_items, "MaxItemsPerBatchPath"));
    PD_CHECK(settings.add_number("maxInputBytesPerBatch", batcher.max_bytes,
                                 "MaxInputBytesPerBatchPath"));
    PD_CHECK(settings.add_filled("batchInput", batcher.input));
  }
  if (distributed.writer) {
    const ResultWriter& writer = *distributed.writer;
    if (!writer.resource.empty()) {
      PD_CHECK(settings.add_filled("writerArguments", writer.arguments));
    }
    // Results are exported as they are, unless something else is asked for.
    settings.add("resultForm", writer.transformation.empty() ? "NONE" : writer.transformation);
    settings.add("outputType", writer.output_type);
  }
  if (map.item_selector) PD_CHECK(settings.add_selection());
  return settings.text();
}

}  // namespace

const State* find_labelled_map(const StateGraph& graph, std::string_view definition_hash,
                               std::string_view label) {
  for (const auto& [name, state] : graph.states) {
    const State* found = nullptr;
    if (const auto* map = std::get_if<MapState>(&state.kind)) {
      if (map->distributed && label_of(*map, name, definition_hash) == label) return &state;
      if (map->processor) found = find_labelled_map(*map->processor, definition_hash, label);
    } else if (const auto* parallel = std::get_if<ParallelState>(&state.kind)) {
      for (const auto& branch : parallel->branches) {
        if (found == nullptr) found = find_labelled_map(*branch, definition_hash, label);
      }
    }
    if (found != nullptr) return found;
  }
  return nullptr;
}

void start_map_run(const MapState& map, const Frame& frame, MapInput given, EventId previous,
                   Run& run) {
  const bool reads = map.distributed->reader.has_value();
  const int64_t length = reads ? 0 : static_cast<int64_t>(given.items.value.items().size());
  const EventId started =
      run.append(Entry(EntryType::MapStateStarted, frame.id).set(Field::length, length), previous);
  if (run.closed()) return;
  const std::string arn = map_run_arn(map, frame, run);
  const size_t label = arn.find('/') + 1;
  const auto settings =
      settings_of(map, frame, given, arn.substr(label, arn.rfind(':') - label), run);
  if (!settings) return run.fail(frame, settings.error(), started);
  Evaluation& evaluation = run.evaluation(frame);
  Entry entry(EntryType::MapRunStarted, frame.id);
  entry.set(Field::map_run_arn, arn).set(Field::map_run, *settings);
  if (!reads) {
    const auto items = evaluation.payload(given.items);
    if (!items) return run.fail(frame, items.error(), started);
    entry.set(Field::items, *items);
  }
  if (map.item_selector) {
    const auto input = evaluation.payload(given.input);
    if (!input) return run.fail(frame, input.error(), started);
    entry.set(Field::selector_input, *input);
  }
  run.append(std::move(entry), started);
}

bool redrive_map_run(const Frame& frame, Run& run) {
  if (frame.map_run_arn.empty() || frame.map_run_over) return false;
  const int64_t count = frame.map_run_redrives + 1;
  if (count > most_redrives) {
    const Error error{ErrorKind::runtime, "States.Runtime",
                      "The Map Run has reached the maximum number of redrives (" +
                          std::to_string(most_redrives) + ")."};
    run.fail(frame, error, frame.last_event);
    return true;
  }
  Entry entry(EntryType::MapRunRedriven, frame.id);
  entry.set(Field::map_run_arn, frame.map_run_arn).set(Field::redrive_count, count);
  run.append(std::move(entry), frame.last_event);
  return true;
}

// Recorded since November 2024: what comes after the state follows the start of its map run.
void map_run_ended(const Frame& frame, const input::MapRunEnded& ended, Run& run) {
  const auto& map = std::get<MapState>(frame.state->kind);
  const EventId started = frame.started_event;
  if (!ended.succeeded) {
    Failure failure{ended.error, ended.cause, true};
    Entry entry(EntryType::MapRunFailed, frame.id);
    if (ended.error) entry.set(Field::error, *ended.error);
    if (ended.cause) entry.set(Field::cause, *ended.cause);
    const EventId failed = run.append(std::move(entry), started);
    return run.fail(frame, failure, failed);
  }
  const EventId succeeded = run.append(Entry(EntryType::MapRunSucceeded, frame.id), started);
  run.append(Entry(EntryType::MapStateSucceeded, frame.id), succeeded);
  if (run.closed()) return;
  const auto exit = exit_with_result(run.evaluation(frame), frame, map.fields, Data{ended.output});
  if (!exit) return run.fail(frame, exit.error(), started);
  run.leave(frame, *exit, frame.state->common.next, started);
}

}  // namespace perdure::asl

#include "engine/map_runs/order.h"

#include "asl/value/value.h"
#include "base/hash.h"
#include "base/ids.h"

namespace perdure::engine {
namespace {

using asl::Kind;
using asl::Value;

std::string text_of(const Value& json, std::string_view name) {
  const Value found = json.get(name);
  return found.is(Kind::string) ? std::string(found.as_string()) : std::string();
}

std::optional<int64_t> number_of(const Value& json, std::string_view name) {
  const Value found = json.get(name);
  return found.is(Kind::integer) ? std::optional(found.as_integer()) : std::nullopt;
}

// A member as JSON text; empty if it is absent.
std::string json_of(const Value& json, std::string_view name) {
  const Value found = json.get(name);
  return found.defined() ? asl::to_json(found) : std::string();
}

bool flag_of(const Value& json, std::string_view name) {
  const Value found = json.get(name);
  return found.is(Kind::boolean) && found.as_boolean();
}

ItemReaderSpec reader_of(const Value& json) {
  ItemReaderSpec spec;
  spec.resource = text_of(json, "resource") == "listObjectsV2"
                      ? ItemReaderSpec::Resource::list_objects_v2
                      : ItemReaderSpec::Resource::get_object;
  spec.arguments = json_of(json, "arguments");
  spec.input_type = text_of(json, "inputType");
  spec.header_given = flag_of(json, "headerGiven");
  for (const Value& header : json.get("headers").items()) {
    spec.headers.emplace_back(header.as_string());
  }
  if (auto delimiter = text_of(json, "delimiter"); !delimiter.empty()) spec.delimiter = delimiter;
  spec.items_pointer = text_of(json, "itemsPointer");
  spec.manifest_type = text_of(json, "manifestType");
  spec.transformation = text_of(json, "transformation");
  return spec;
}

ResultForm form_of(const std::string& word) {
  if (word == "NONE") return ResultForm::none;
  return word == "FLATTEN" ? ResultForm::flatten : ResultForm::compact;
}

}  // namespace

Result<MapRunSettings> read_map_run_settings(std::string_view text) {
  asl::Arena arena;
  PD_TRY(json, asl::parse_json(text, arena));
  MapRunSettings settings;
  settings.state = text_of(json, "state");
  settings.label = text_of(json, "label");
  settings.express = flag_of(json, "express");
  settings.max_concurrency = number_of(json, "maxConcurrency").value_or(0);
  settings.tolerated_failure_count = number_of(json, "toleratedFailureCount");
  const Value percentage = json.get("toleratedFailurePercentage");
  if (percentage.is_number()) settings.tolerated_failure_percentage = percentage.as_double();
  if (json.get("resource").defined()) settings.reader = reader_of(json);
  settings.keyed = flag_of(json, "keyed");
  settings.max_items = number_of(json, "maxItems").value_or(0);
  settings.batched = flag_of(json, "batched");
  settings.max_items_per_batch = number_of(json, "maxItemsPerBatch");
  settings.max_bytes_per_batch = number_of(json, "maxInputBytesPerBatch");
  settings.batch_input = json_of(json, "batchInput");
  settings.writer_arguments = json_of(json, "writerArguments");
  settings.form = form_of(text_of(json, "resultForm"));
  settings.json_lines = text_of(json, "outputType") == "JSONL";
  settings.context = json_of(json, "context");
  settings.variables = json_of(json, "variables");
  settings.entered_event = number_of(json, "enteredEvent").value_or(0);
  return settings;
}

// Of "mapRun:NAME/LABEL:UUID".
std::string map_run_machine(const MapRunOrder& order) {
  const std::string rest = parse_arn(order.arn).rest;
  const size_t begin = rest.find(':') + 1;
  return rest.substr(begin, rest.rfind(':') - begin);
}

std::string map_child_name(const MapRunOrder& order, int64_t index) {
  return uuid_of(sha256(order.arn + "#" + std::to_string(index)));
}

std::string map_child_arn(const MapRunOrder& order, bool express, int64_t index) {
  const std::string machine = map_run_machine(order);
  const std::string name = map_child_name(order, index);
  if (!express) return execution_arn(order.tenant, machine, name);
  return express_arn(order.tenant, machine, name, uuid_of(sha256(name)));
}

std::string nested_definition_hash(std::string_view definition_hash, std::string_view state) {
  std::string hash(definition_hash.substr(0, definition_hash.find('/')));
  return hash.append("/").append(state);
}

}  // namespace perdure::engine

#include <algorithm>
#include <array>
#include <utility>

#include "asl/parse/paths.h"
#include "asl/parse/state_readers.h"
#include "asl/parse/templates.h"

namespace perdure::asl {
namespace {

constexpr auto path = FieldRule::Language::jsonpath;
constexpr auto jsonata = FieldRule::Language::jsonata;
constexpr size_t longest_label = 40;
constexpr int64_t most_batch_bytes = 262'144;

constexpr std::array config_fields = {FieldRule{"Mode"}, FieldRule{"ExecutionType"}};
constexpr std::array inline_config_fields = {FieldRule{"Mode"}};

constexpr std::array reader_fields = {FieldRule{"Resource"}, FieldRule{"ReaderConfig"},
                                      FieldRule{"Parameters", path},
                                      FieldRule{"Arguments", jsonata}};
constexpr std::array reader_config_fields = {
    FieldRule{"InputType"},    FieldRule{"CSVHeaderLocation"}, FieldRule{"CSVHeaders"},
    FieldRule{"CSVDelimiter"}, FieldRule{"MaxItems"},          FieldRule{"MaxItemsPath", path},
    FieldRule{"ManifestType"}, FieldRule{"ItemsPointer"},      FieldRule{"Transformation"}};
constexpr std::array batcher_fields = {
    FieldRule{"BatchInput"}, FieldRule{"MaxItemsPerBatch"}, FieldRule{"MaxItemsPerBatchPath", path},
    FieldRule{"MaxInputBytesPerBatch"}, FieldRule{"MaxInputBytesPerBatchPath", path}};
constexpr std::array writer_fields = {FieldRule{"Resource"}, FieldRule{"WriterConfig"},
                                      FieldRule{"Parameters", path},
                                      FieldRule{"Arguments", jsonata}};
constexpr std::array writer_config_fields = {FieldRule{"Transformation"}, FieldRule{"OutputType"}};

using Words = std::span<const std::string_view>;
constexpr std::array<std::string_view, 2> modes = {"INLINE", "DISTRIBUTED"};
constexpr std::array<std::string_view, 2> execution_types = {"STANDARD", "EXPRESS"};
constexpr std::array<std::string_view, 5> input_types = {"MANIFEST", "JSON", "CSV", "JSONL",
                                                         "PARQUET"};
constexpr std::array<std::string_view, 2> header_locations = {"FIRST_ROW", "GIVEN"};
constexpr std::array<std::string_view, 5> delimiters = {"COMMA", "PIPE", "SEMICOLON", "SPACE",
                                                        "TAB"};
constexpr std::array<std::string_view, 3> transformations = {"NONE", "COMPACT", "FLATTEN"};
constexpr std::array<std::string_view, 2> output_types = {"JSON", "JSONL"};

void read_header(const ObjectReader& config, bool csv, ItemReader& read) {
  const Location at = config.location();
  if (!csv && config.has("CSVHeaderLocation")) {
    config.diagnostics().schema("Field 'CSVHeaderLocation' is not supported", at);
  } else if (csv && !config.has("CSVHeaderLocation")) {
    config.diagnostics().schema("The field 'CSVHeaderLocation' is required but was missing", at);
  }
  read.header_given = config.word("CSVHeaderLocation", header_locations) == "GIVEN";
  if (read.header_given) config.require("CSVHeaders");
  const auto headers = config.array("CSVHeaders");
  if (!headers) return;
  for (const Value& header : *headers) {
    if (header.is(Kind::string)) read.headers.emplace_back(header.as_string());
  }
}

void read_reader_config(const ObjectReader& reader, ItemReader& read) {
  static constexpr std::array<std::string_view, 2> limits = {"MaxItems", "MaxItemsPath"};
  const auto config = reader.object("ReaderConfig");
  if (!config) return;
  config->allow(reader_config_fields);
  const auto type = config->text("InputType");
  const bool known =
      !type || std::find(input_types.begin(), input_types.end(), *type) != input_types.end();
  if (!known) {
    config->diagnostics().schema(
        "The field 'InputType' should have one of these values: " + bracketed(input_types),
        config->location("InputType"));
  }
  read.input_type = type.value_or("");
  read_header(*config, type == "CSV", read);
  read.delimiter = config->word("CSVDelimiter", delimiters).value_or("");
  read.items_pointer = config->text("ItemsPointer").value_or("");
  read.manifest_type = config->text("ManifestType").value_or("");
  read.transformation = config->text("Transformation").value_or("");
  config->at_most_one_of(limits);
  read.max_items = {.seconds = config->integer("MaxItems", {0, 100'000'000}),
                    .path = read_path(*config, "MaxItemsPath", reference_path),
                    .query = read_expression(*config, "MaxItems")};
}

// Parameters, or Arguments in a JSONata state.
std::optional<Fillable> read_arguments(const ObjectReader& map, const ObjectReader& object) {
  if (map.jsonata()) return read_fillable(object, "Arguments");
  return read_fillable(object, "Parameters");
}

std::optional<ItemReader> read_item_reader(const ObjectReader& map) {
  const auto reader = map.object("ItemReader");
  if (!reader) return std::nullopt;
  reader->allow(reader_fields);
  reader->require("Resource");
  const auto resource = reader->text("Resource");
  if (resource && !resource->ends_with(":states:::s3:getObject") &&
      !resource->ends_with(":states:::s3:listObjectsV2")) {
    reader->diagnostics().schema(
        "The field 'Resource' does not match any of the allowed values. Examples: "
        "[arn:<partition>:states:::s3:getObject, arn:<partition>:states:::s3:listObjectsV2]",
        reader->location("Resource"));
  }
  ItemReader read;
  read.lists = resource && resource->ends_with(":listObjectsV2");
  read.arguments = read_arguments(map, *reader);
  read_reader_config(*reader, read);
  return read;
}

SecondsField read_bound(const ObjectReader& batcher, std::span<const std::string_view> names,
                        const Range<int64_t>& range) {
  batcher.at_most_one_of(names);
  return {.seconds = batcher.integer(names[0], range),
          .path = read_path(batcher, names[1], reference_path),
          .query = read_expression(batcher, names[0])};
}

std::optional<ItemBatcher> read_item_batcher(const ObjectReader& map) {
  static constexpr std::array<std::string_view, 2> items = {"MaxItemsPerBatch",
                                                            "MaxItemsPerBatchPath"};
  static constexpr std::array<std::string_view, 2> bytes = {"MaxInputBytesPerBatch",
                                                            "MaxInputBytesPerBatchPath"};
  const auto batcher = map.object("ItemBatcher");
  if (!batcher) return std::nullopt;
  batcher->allow(batcher_fields);
  return ItemBatcher{.max_items = read_bound(*batcher, items, {.min = 0}),
                     .max_bytes = read_bound(*batcher, bytes, {.min = 0, .max = most_batch_bytes}),
                     .input = read_fillable(*batcher, "BatchInput")};
}

std::optional<ResultWriter> read_result_writer(const ObjectReader& map) {
  const auto writer = map.object("ResultWriter");
  if (!writer) return std::nullopt;
  writer->allow(writer_fields);
  if (writer->value().size() == 0) {
    writer->diagnostics().schema("Value cannot be empty", writer->location());
  }
  ResultWriter read;
  read.resource = writer->text("Resource").value_or("");
  if (!read.resource.empty() && !read.resource.ends_with(":s3:putObject")) {
    writer->diagnostics().schema(
        "The field 'Resource' does not match any of the allowed values. Examples: "
        "[arn:<partition>:states:::s3:putObject]",
        writer->location("Resource"));
  }
  read.arguments = read_arguments(map, *writer);
  if (const auto config = writer->object("WriterConfig")) {
    config->allow(writer_config_fields);
    read.transformation = config->word("Transformation", transformations).value_or("");
    read.output_type = config->word("OutputType", output_types).value_or("");
  }
  return read;
}

// AWS's documentation of Label: no white space, brackets, wildcards, special and control
// characters. It becomes a part of ARNs.
bool fits_into_arns(std::string_view label) {
  constexpr std::string_view forbidden = " <>{}[]?*\"#%\\^|~`$&,;:/\x7f";
  return !label.empty() && std::all_of(label.begin(), label.end(), [&](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && forbidden.find(c) == std::string_view::npos;
  });
}

void read_label(const ObjectReader& map, MapState& state) {
  const auto label = map.text("Label");
  if (!label) return;
  state.label = *label;
  const Location at = map.location("Label");
  if (label->size() > longest_label) {
    map.diagnostics().error(
        "INVALID_LABEL_NAME",
        "Invalid Label name: " + *label + " exceeds the 40-character limit allowed by the service",
        at);
  }
  if (!fits_into_arns(*label)) {
    map.diagnostics().error("INVALID_LABEL_NAME", "Invalid Label name: " + *label, at);
  }
  if (!map.context().labels.insert(*label).second) {
    map.diagnostics().error("DUPLICATE_LABEL_NAME", "Duplicate Label name: " + *label, at);
  }
}

void read_tolerated_failures(const ObjectReader& map, MapState& state) {
  static constexpr std::array<std::string_view, 2> percentage = {"ToleratedFailurePercentage",
                                                                 "ToleratedFailurePercentagePath"};
  map.at_most_one_of(percentage);
  state.tolerated_failure_percentage.percent = map.number(percentage[0], {0.0, 100.0});
  state.tolerated_failure_percentage.query = read_expression(map, percentage[0]);
  state.tolerated_failure_percentage.path = read_path(map, percentage[1], reference_path);
  state.tolerated_failure_count =
      read_seconds(map, "ToleratedFailureCount", "ToleratedFailureCountPath", {.min = 0});
}

}  // namespace

MapState::Mode read_processor_config(const ObjectReader& processor, MachineType& machine_type) {
  const auto config = processor.object("ProcessorConfig");
  if (!config) return MapState::Mode::inline_;
  const bool distributed = config->word("Mode", modes) == "DISTRIBUTED";
  if (!distributed) {
    config->allow(inline_config_fields);
    return MapState::Mode::inline_;
  }
  config->allow(config_fields);
  config->require("ExecutionType");
  if (machine_type == MachineType::express) {
    config->diagnostics().schema(
        "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state "
        "machines",
        config->location("Mode"));
  }
  const bool express = config->word("ExecutionType", execution_types) == "EXPRESS";
  machine_type = express ? MachineType::express : MachineType::standard;
  return MapState::Mode::distributed;
}

void read_distributed_fields(const ObjectReader& map, MapState& state) {
  DistributedMap distributed;
  distributed.express = state.express;
  distributed.reader = read_item_reader(map);
  distributed.batcher = read_item_batcher(map);
  distributed.writer = read_result_writer(map);
  read_label(map, state);
  read_tolerated_failures(map, state);
  if (state.mode == MapState::Mode::distributed) {
    state.distributed = std::make_shared<const DistributedMap>(std::move(distributed));
  }
}

}  // namespace perdure::asl

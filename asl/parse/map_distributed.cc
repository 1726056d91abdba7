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

void check_header(const ObjectReader& config, bool csv) {
  const Location at = config.location();
  if (!csv && config.has("CSVHeaderLocation")) {
    config.diagnostics().schema("Field 'CSVHeaderLocation' is not supported", at);
  } else if (csv && !config.has("CSVHeaderLocation")) {
    config.diagnostics().schema("The field 'CSVHeaderLocation' is required but was missing", at);
  }
  if (config.word("CSVHeaderLocation", header_locations) == "GIVEN") config.require("CSVHeaders");
}

void check_reader_config(const ObjectReader& reader) {
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
  check_header(*config, type == "CSV");
  config->word("CSVDelimiter", delimiters);
  config->at_most_one_of(limits);
  config->integer("MaxItems", {0, 100'000'000});
  read_path(*config, "MaxItemsPath", reference_path);
}

void check_item_reader(const ObjectReader& map) {
  const auto reader = map.object("ItemReader");
  if (!reader) return;
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
  if (!map.jsonata()) read_template(*reader, "Parameters");
  read_query(*reader, "Arguments");
  check_reader_config(*reader);
  map.diagnostics().unsupported("ItemReader is not supported yet", map.location("ItemReader"));
}

void check_item_batcher(const ObjectReader& map) {
  static constexpr std::array<std::string_view, 2> items = {"MaxItemsPerBatch",
                                                            "MaxItemsPerBatchPath"};
  static constexpr std::array<std::string_view, 2> bytes = {"MaxInputBytesPerBatch",
                                                            "MaxInputBytesPerBatchPath"};
  const auto batcher = map.object("ItemBatcher");
  if (!batcher) return;
  batcher->allow(batcher_fields);
  batcher->at_most_one_of(items);
  batcher->at_most_one_of(bytes);
  for (const auto& pair : {items, bytes}) {
    batcher->integer(pair[0], {.min = 0});
    read_path(*batcher, pair[1], reference_path);
  }
  read_fillable(*batcher, "BatchInput");
  map.diagnostics().unsupported("ItemBatcher is not supported yet", map.location("ItemBatcher"));
}

void check_result_writer(const ObjectReader& map) {
  const auto writer = map.object("ResultWriter");
  if (!writer) return;
  writer->allow(writer_fields);
  if (writer->value().size() == 0) {
    writer->diagnostics().schema("Value cannot be empty", writer->location());
  }
  writer->text("Resource");
  if (!map.jsonata()) read_template(*writer, "Parameters");
  read_query(*writer, "Arguments");
  if (const auto config = writer->object("WriterConfig")) {
    config->allow(writer_config_fields);
    config->word("Transformation", transformations);
    config->word("OutputType", output_types);
  }
  map.diagnostics().unsupported("ResultWriter is not supported yet", map.location("ResultWriter"));
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
  if (!map.context().labels.insert(*label).second) {
    map.diagnostics().error("DUPLICATE_LABEL_NAME", "Duplicate Label name: " + *label, at);
  }
}

void read_tolerated_failures(const ObjectReader& map, MapState& state) {
  static constexpr std::array<std::string_view, 2> percentage = {"ToleratedFailurePercentage",
                                                                 "ToleratedFailurePercentagePath"};
  map.at_most_one_of(percentage);
  // A percentage may have a fraction; the whole part is kept until something acts on it.
  if (const auto percent = map.number(percentage[0], {0.0, 100.0})) {
    state.tolerated_failure_percentage.seconds = static_cast<int64_t>(*percent);
  }
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
  config->diagnostics().unsupported("Map states in DISTRIBUTED mode are not supported yet",
                                    config->location("Mode"));
  return MapState::Mode::distributed;
}

void read_distributed_fields(const ObjectReader& map, MapState& state) {
  check_item_reader(map);
  check_item_batcher(map);
  check_result_writer(map);
  read_label(map, state);
  read_tolerated_failures(map, state);
}

}  // namespace perdure::asl

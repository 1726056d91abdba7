#include "engine/map_runs/readers/record_reader.h"

#include <utility>

namespace perdure::engine {

char csv_delimiter(const std::string& name) {
  constexpr std::pair<std::string_view, char> delimiters[] = {
      {"PIPE", '|'}, {"SEMICOLON", ';'}, {"SPACE", ' '}, {"TAB", '\t'}};
  for (const auto& [known, delimiter] : delimiters) {
    if (name == known) return delimiter;
  }
  return ',';
}

Result<std::unique_ptr<RecordReader>> record_reader(const ItemReaderSpec& spec,
                                                    std::unique_ptr<Bytes> bytes) {
  if (spec.input_type == "JSONL") return json_lines(std::move(bytes));
  if (spec.input_type == "JSON") return json_items(std::move(bytes), spec.items_pointer);
  if (spec.input_type == "CSV") {
    CsvFormat format;
    format.delimiter = csv_delimiter(spec.delimiter);
    if (spec.header_given) format.headers = spec.headers;
    return csv_rows(std::move(bytes), std::move(format));
  }
  if (spec.input_type == "PARQUET") {
    return item_reader_failed(
        "Parquet files cannot be read here: convert the dataset to CSV, JSON or JSONL.");
  }
  return item_reader_failed("The InputType '" + spec.input_type + "' is not supported.");
}

}  // namespace perdure::engine

#pragma once
// The items of one content, one after the other.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/map_runs/item_source.h"
#include "engine/map_runs/readers/bytes.h"

namespace perdure::engine {

// For one thread at a time; blocks on the disk, holds no more than the largest item asks for.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  virtual Result<std::optional<Item>> next() = 0;  // nothing: the end
  // Where the next item begins, and the way back there; "" is the beginning.
  virtual std::string position() const = 0;
  virtual Result<> seek(const std::string& position) = 0;
};

// One JSON value a line; lines of spaces do not count.
std::unique_ptr<RecordReader> json_lines(std::unique_ptr<Bytes> bytes);

// The elements of the array that the JSON pointer leads to, or the members of the object, each as
// {"Key": name, "Value": value}.
std::unique_ptr<RecordReader> json_items(std::unique_ptr<Bytes> bytes, std::string pointer);

// Rows of delimited text (RFC 4180), each an object with a text for each header: missing columns
// are empty, those beyond the headers left out.
struct CsvFormat {
  char delimiter = ',';
  std::optional<std::vector<std::string>> headers;  // nothing: the first row has them
};
std::unique_ptr<RecordReader> csv_rows(std::unique_ptr<Bytes> bytes, CsvFormat format);
// "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"; a comma for another.
char csv_delimiter(const std::string& name);

// By the input type of the spec; States.ItemReaderFailed for one that cannot be read.
Result<std::unique_ptr<RecordReader>> record_reader(const ItemReaderSpec& spec,
                                                    std::unique_ptr<Bytes> bytes);

}  // namespace perdure::engine

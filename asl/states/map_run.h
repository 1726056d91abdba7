#pragma once
// What a Map in DISTRIBUTED mode has beside the fields of every Map.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "asl/states/common.h"

namespace perdure::asl {

// A number with a fraction, written down or a way to it.
struct PercentField {
  std::optional<double> percent;
  std::optional<PathExpression> path;
  std::optional<Query> query;
};

struct ItemReader {
  bool lists = false;                 // s3:listObjectsV2, else s3:getObject
  std::optional<Fillable> arguments;  // Parameters or Arguments
  std::string input_type;
  bool header_given = false;
  std::vector<std::string> headers;
  std::string delimiter;
  std::string items_pointer;
  std::string manifest_type;
  std::string transformation;
  SecondsField max_items;  // a number of items
};

struct ItemBatcher {
  SecondsField max_items;  // numbers of items and of bytes
  SecondsField max_bytes;
  std::optional<Fillable> input;  // BatchInput
};

struct ResultWriter {
  std::string resource;               // empty: nothing is saved
  std::optional<Fillable> arguments;  // Parameters or Arguments: {"Bucket": ..., "Prefix": ...}
  std::string transformation;         // "NONE", "COMPACT", "FLATTEN"; empty: not configured
  std::string output_type;            // "JSON", "JSONL"; empty: not configured
};

struct DistributedMap {
  bool express = false;  // ExecutionType of the children
  std::optional<ItemReader> reader;
  std::optional<ItemBatcher> batcher;
  std::optional<ResultWriter> writer;
};

}  // namespace perdure::asl

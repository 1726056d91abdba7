#pragma once
// What the readers of one definition share.

#include <string>
#include <unordered_set>

#include "asl/parse/diagnostics.h"
#include "asl/states/common.h"

namespace perdure::asl {

struct ParseContext {
  explicit ParseContext(std::string_view text) : diagnostics(text) {}

  Diagnostics diagnostics;
  // Of the machine; inside a distributed Map, of the executions it starts.
  MachineType machine_type = MachineType::standard;
  // QueryLanguage of the whole machine, which states below may change to JSONata and never back.
  QueryLanguage machine_language = QueryLanguage::jsonpath;
  std::unordered_set<std::string> state_names;  // in the whole machine
  std::unordered_set<std::string> labels;
  int depth = 0;  // of graphs within graphs
};

}  // namespace perdure::asl

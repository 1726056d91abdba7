#pragma once
// What the readers of one definition share.

#include <map>
#include <set>
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
  std::string state;     // being read
  std::string state_at;  // its location
  std::map<std::string, std::set<std::string>> variable_references;
  // The state reads the variables of this PathExpression or Template.
  template <class Expression>
  void refers_by(const Expression& expression) {
    std::set<std::string> names;
    expression.variables(names);
    if (!names.empty()) variable_references[state].merge(names);
  }
  int depth = 0;  // of graphs within graphs
};

}  // namespace perdure::asl

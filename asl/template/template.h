#pragma once
// Payload templates: the JSON of Parameters, ResultSelector, ItemSelector, Arguments. Keys that end
// in ".$" have a path or an intrinsic call as value. Compiled once per definition.

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "asl/scope.h"
#include "base/result.h"

namespace perdure::asl {

class Template {
 public:
  struct Problem {
    std::string pointer;  // of the object with the field, inside the template; "" for the whole
    std::string message;  // "The value for the field 'parsed.$' must be a valid JSONPath or a valid
                          // intrinsic function call"
  };
  // Compiles a template; `json` and its text may go away afterwards. All problems are reported.
  // An error result is not used for them: `problems` not empty means the template must be refused.
  static Template compile(const Value& json, std::vector<Problem>& problems);

  // The filled-in value. Error (kind runtime): name "States.Runtime" or "States.IntrinsicFailure"
  // as AWS names it, cause in AWS's words, e.g. "The JSONPath '$.a' specified for the field
  // 'value.$' could not be found in the input '{...}'" (input as compact JSON). An
  // exhausted budget fails with out_of_budget().
  Result<Value> evaluate(Scope& scope) const;

  // Adds the names of the variables that its paths read.
  void variables(std::set<std::string>& names) const;

  bool constant() const;  // no ".$" anywhere: the result is always the same

 private:
  struct Node;
  friend class TemplateCompiler;
  std::shared_ptr<const Node> root_;
};

}  // namespace perdure::asl

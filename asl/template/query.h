#pragma once
// Fields of JSONata states: JSON in which a text in {% %} is an expression. Compiled once per
// definition.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/scope.h"
#include "base/result.h"

namespace perdure::asl {

// The expression inside "{% ... %}"; nothing if the text is none.
std::optional<std::string_view> jsonata_expression(std::string_view text);

class Query {
 public:
  // `field` is what errors call it: "Output", "Catch[0]/Assign". Its expressions must have been
  // checked (asl/parse): one that does not compile aborts. `json` may go away afterwards.
  static Query compile(const Value& json, std::string field);

  // The filled-in value; `scope.names` has `$states` too. Error: kind runtime, name
  // States.QueryEvaluationError, cause in AWS's words ("The JSONata expression '$x' specified for
  // the field 'Output/r' returned nothing (undefined)."); `failed_at` is then set to the place.
  Result<Value> evaluate(Scope& scope, std::string& failed_at) const;

  // The value is of another type than the field needs: "... returned an unexpected result type.
  // Expected 'array', but was 'number' for value: 1".
  Error unexpected(std::string_view expected, const Value& value, std::string& failed_at) const;
  const std::string& field() const;

  // What its expressions may ask for; the rest need not be in the scope.
  struct Reads {
    std::vector<std::string> variables;  // without the $; "states" among them
    std::vector<std::string> states;     // fields of $states
    bool whole_states = false;           // any field of it
    bool of_states(std::string_view state_field) const;
  };
  const Reads& reads() const;

 private:
  struct Node;
  struct Root;
  friend class QueryCompiler;
  std::shared_ptr<const Root> root_;
};

// Any other complaint about what a field evaluates to.
Error query_error(std::string cause);

}  // namespace perdure::asl

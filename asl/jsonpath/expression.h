#pragma once
// A path as a field of the language has it: `$...` reads the input, `$$...` the context object,
// `$name...` a variable, `States.X(...)` calls an intrinsic function.

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "asl/scope.h"
#include "base/result.h"

namespace perdure::asl {

class PathExpression {
 public:
  enum class Source : uint8_t { input, context, variable, intrinsic };

  // A path or an intrinsic call. Error: kind invalid; the caller puts AWS's words around the cause.
  static Result<PathExpression> compile(std::string_view text);

  // Errors, kind runtime: for paths name "States.Runtime" and a bare Jayway message as cause (the
  // caller knows the field and words it, see template.h); for intrinsic calls AWS's text, with name
  // "States.Runtime" where a path argument matches nothing ("The function 'States.Array($.x)' had
  // the following error: The JsonPath argument for the field '$.x' could not be found in the input
  // '{...}'"), else "States.IntrinsicFailure". An exhausted budget fails with out_of_budget().
  Result<Value> evaluate(Scope& scope) const;

  Source source() const;
  const std::string& text() const;
  bool definite() const;      // intrinsic calls count as definite
  bool is_reference() const;  // see jsonpath::Path
  // For a reference path on the input: see jsonpath::Path::write.
  Result<Value> write(const Value& root, const Value& value, Arena& arena) const;
  // Adds the names of the variables that it reads.
  void variables(std::set<std::string>& names) const;
  // What AWS calls "the input" when the path finds nothing: the context object for `$$`.
  Value document(const Scope& scope) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace perdure::asl

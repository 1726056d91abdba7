#pragma once
// A call of an intrinsic function, `States.Format('{}', $.name)`, with calls nested in it (at most
// ten deep, AWS's limit). Compiled once.

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "asl/scope.h"
#include "base/result.h"

namespace perdure::asl::intrinsics {

class Call {
 public:
  // Error: kind invalid; the caller puts AWS's words around it.
  static Result<Call> compile(std::string_view text);

  // Error: kind runtime; name "States.IntrinsicFailure", or "States.Runtime" for a path that finds
  // nothing; cause "The function '<call>' had the following error: ...".
  Result<Value> evaluate(Scope& scope) const;

  // Adds the names of the variables that its arguments read.
  void variables(std::set<std::string>& names) const;

  struct Node;  // private to call.cc and parse.cc

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace perdure::asl::intrinsics

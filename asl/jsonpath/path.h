#pragma once
// JSONPath in the dialect AWS runs: Jayway JsonPath 2.0.0, its selections, quirks and error texts.

#include <memory>
#include <string>
#include <string_view>

#include "asl/scope.h"
#include "asl/value/value.h"
#include "base/result.h"

namespace perdure::asl::jsonpath {

struct Compiled;

class Path {
 public:
  // `text` begins with `$`. Error: kind invalid, cause = Jayway's message for the compile error.
  static Result<Path> compile(std::string_view text);

  // What the path selects in `root`. A definite path yields the value itself; an indefinite one an
  // array of the matches, possibly empty. Error: kind runtime, name "PathNotFoundException" or
  // "InvalidPathException" (rarely another of Java's), cause = Jayway's message ("No results for
  // path: $['a']", "Missing property in path $['no']", ...).
  Result<Value> read(const Value& root, Arena& arena, Budget& budget) const;

  bool definite() const;
  // Only names and single array indexes: what ResultPath may be (specification, "Reference Paths").
  bool is_reference() const;
  const std::string& text() const;

  // The document with `value` at this reference path; missing objects on the way are made, an
  // existing value is replaced; an index must be there already. `root` is not changed; what is not
  // on the path is shared with the result. Error name: "States.ResultPathMatchFailure".
  Result<Value> write(const Value& root, const Value& value, Arena& arena) const;

 private:
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace perdure::asl::jsonpath

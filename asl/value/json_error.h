#pragma once
// What is wrong with a JSON text, in the words of Jackson, whose texts AWS passes on. For
// asl/value.

#include <string>
#include <string_view>

#include "base/result.h"

namespace perdure::asl {

// Words a problem at a place of one text. The column shown is the one behind what was read last, in
// UTF-16 units from 1: for a bad character that of the next one.
class JsonProblems {
 public:
  explicit JsonProblems(std::string_view text) : text_(text) {}

  // "<problem>\n at [Source: (String)\"...\"; line: 1, column: 4]", the place plus `past` columns.
  Error at(const char* place, std::string problem, size_t past = 0) const;

  // The character at `place` does not belong there: "Unexpected character ('x' (code 120)): <why>".
  Error unexpected(const char* place, std::string_view why) const;
  Error unexpected_in_number(const char* place, std::string_view why, bool behind_minus) const;
  // A word stands where a value should: "Unrecognized token 'not': was expecting ...". The word
  // goes on from `place` to its end.
  Error unrecognized(const char* place) const;
  // The text ended inside a container that began at `open`.
  Error unclosed(const char* open) const;
  // `place` closes another kind of container than was opened at `open` (null: none is open).
  Error wrong_close(const char* place, const char* open) const;

 private:
  std::string location(const char* place, size_t past = 0) const;

  std::string_view text_;
};

}  // namespace perdure::asl

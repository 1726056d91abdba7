#pragma once
// Runs a compiled path over a document.

#include <vector>

#include "asl/jsonpath/token.h"
#include "asl/scope.h"
#include "asl/value/value.h"

namespace perdure::asl::jsonpath {

// What a filter may look at beside the item itself.
struct Document {
  Value root;
  Arena& arena;
  Budget& budget;
};

enum class Purpose : uint8_t {
  answer,
  comparison,  // nobody sees the text of an error "nothing found", so it has none
  existence,   // likewise; several names at once must all be there
};

// Collects what `path` selects in `model`.
Result<std::vector<Value>> select(const Compiled& path, const Value& model, Document& document,
                                  Purpose purpose);

// Whether the filter takes the item. Error: what is not merely "no match", such as a comparison of
// a number with a word.
Result<bool> accepts(const Filter& filter, const Value& item, Document& document);

constexpr const char* not_found_error = "PathNotFoundException";

}  // namespace perdure::asl::jsonpath

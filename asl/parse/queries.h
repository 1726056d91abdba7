#pragma once
// Fields of JSONata states: expressions in {% %}, alone or inside JSON. All of these give nothing
// in a JSONPath state, for a field that is absent, and (with diagnostics) for one that is wrong.

#include <optional>
#include <string_view>

#include "asl/parse/object_reader.h"
#include "asl/template/query.h"

namespace perdure::asl {

// What `$states` has where the field stands, beside `input` and `context`.
struct Visible {
  bool result = false;
  bool error_output = false;
};

// Arguments, Output, Items, ...: any JSON.
std::optional<Query> read_query(const ObjectReader& reader, std::string_view field,
                                Visible visible = {});
// Seconds, Error, ...: only if the value is an expression; literals are for the typed readers.
std::optional<Query> read_expression(const ObjectReader& reader, std::string_view field);

}  // namespace perdure::asl

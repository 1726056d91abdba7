#pragma once
// Fields whose value is a payload template.

#include <optional>

#include "asl/parse/object_reader.h"
#include "asl/parse/queries.h"
#include "asl/states/common.h"
#include "asl/template/template.h"

namespace perdure::asl {

// Parameters, ResultSelector, ItemSelector, Credentials: compiled. Nothing if absent or wrong,
// and in a JSONata state.
std::optional<Template> read_template(const ObjectReader& reader, std::string_view field);

// A field of either language.
std::optional<Fillable> read_fillable(const ObjectReader& reader, std::string_view field,
                                      Visible visible = {});
// Assign: an object whose keys are names of variables.
std::optional<Fillable> read_assign(const ObjectReader& reader, Visible visible = {});

// Warns of texts inside Pass's Result that look like paths but will stay texts.
void warn_of_static_result(const ObjectReader& reader, std::string_view field);

// Warns if the literal of this field looks like a path: then "<field>Path" was meant.
void warn_of_missing_path(const ObjectReader& reader, std::string_view field);

}  // namespace perdure::asl

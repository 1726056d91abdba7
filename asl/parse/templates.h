#pragma once
// Fields whose value is a payload template, and what belongs to JSONata's half of the language.

#include <optional>

#include "asl/parse/object_reader.h"
#include "asl/template/template.h"

namespace perdure::asl {

// Parameters, ResultSelector, ItemSelector, Credentials: compiled. Nothing if absent or wrong.
std::optional<Template> read_template(const ObjectReader& reader, std::string_view field);

// Assign: an object whose keys are names of variables. Nothing if absent or wrong.
std::optional<Template> read_assign(const ObjectReader& reader);

// Arguments, Output, Items, Condition: the form of the expressions inside is checked; they are
// refused as not supported yet.
void read_later_features(const ObjectReader& reader);

// Warns of texts inside Pass's Result that look like paths but will stay texts.
void warn_of_static_result(const ObjectReader& reader, std::string_view field);

// Warns if the literal of this field looks like a path: then "<field>Path" was meant.
void warn_of_missing_path(const ObjectReader& reader, std::string_view field);

}  // namespace perdure::asl

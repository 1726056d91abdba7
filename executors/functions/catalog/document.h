#pragma once
// How a function, a version and an alias are written down.

#include "engine/store/store.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

std::string to_document(const FunctionConfiguration& function);
// Of documents named NAME or NAME:VERSION.
Result<FunctionConfiguration> from_document(const engine::Document& document);

std::string to_document(const FunctionAlias& alias);
Result<FunctionAlias> alias_from_document(const engine::Document& document);  // NAME:ALIAS

}  // namespace perdure::executors

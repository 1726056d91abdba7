#pragma once
// Keys that stand twice in one object of a definition.

#include <vector>

#include "asl/parse/diagnostics.h"
#include "asl/value/value.h"

namespace perdure::asl {

void report_duplicates(const Value& root, const std::vector<DuplicateKey>& duplicates,
                       Diagnostics& diagnostics);

}  // namespace perdure::asl

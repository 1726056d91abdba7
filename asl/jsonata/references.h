#pragma once
#include "asl/jsonata/node.h"

namespace perdure::asl::jsonata {

// Fills in the program's references.
void find_references(Program& program);

}  // namespace perdure::asl::jsonata

#pragma once
// What the reference says about each code.

#include <string>

#include "asl/jsonata/fault.h"

namespace perdure::asl::jsonata {

// "Argument 1 of function \"abs\" does not match function signature". Never empty: a code that the
// table lacks is its own message.
std::string message_of(const Fault& fault);

}  // namespace perdure::asl::jsonata

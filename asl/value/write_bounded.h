#pragma once
// Compact JSON of values that may be larger than anybody wants: an array that holds another twice,
// sixty times over, is small in memory and has no end as text.

#include <cstddef>
#include <string>

#include "asl/value/value.h"

namespace perdure::asl {

// As write(), but stops once `out` is longer than `most` bytes (by one text or number at most).
// False where it stopped.
bool write_bounded(const Value& value, size_t most, std::string& out);

}  // namespace perdure::asl

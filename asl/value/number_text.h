#pragma once
// Numbers as Java prints them, which is how they appear in AWS's texts and outputs.

#include <string>

namespace perdure::asl {

// Double.toString: the shortest digits that read back the same; plain from 0.001 below 10,000,000
// ("100.0"), else with an exponent ("1.0E7"). "NaN", "Infinity", "-Infinity".
std::string java_double(double d);

}  // namespace perdure::asl

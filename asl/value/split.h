#pragma once
#include <string_view>
#include <vector>

namespace perdure::asl {

// The texts of the items of a compact JSON array, without parsing them. `array` must be valid
// compact JSON and an array.
std::vector<std::string_view> split_array(std::string_view array);

}  // namespace perdure::asl

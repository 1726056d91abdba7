#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perdure::asl {

// The texts of the items of a compact JSON array, without parsing them. `array` must be valid
// compact JSON and an array.
std::vector<std::string_view> split_array(std::string_view array);

// The members of a compact JSON object: names, unescaped, and the texts of the values. An empty
// text has none.
std::vector<std::pair<std::string, std::string_view>> split_object(std::string_view object);

}  // namespace perdure::asl

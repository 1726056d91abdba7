#pragma once
// $formatInteger and $parseInteger: the integer pictures of XPath's fn:format-integer.
//   "w" "W" "Ww" words, "i" "I" roman numerals, "a" "A" letters, "#,##0" digits of any family, each
//   with ";o" for ordinals.

#include <string>
#include <string_view>

#include "asl/jsonata/fault.h"

namespace perdure::asl::jsonata::text {

// The number is rounded down. D3130 for a sequence that is not supported, D3131 for digits of two
// families.
Outcome<std::string> format_integer(double number, std::string_view picture);

// NaN where the text is not such a number. Faults as above.
Outcome<double> parse_integer(std::string_view text, std::string_view picture);

}  // namespace perdure::asl::jsonata::text

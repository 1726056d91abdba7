#pragma once
// $formatNumber: the decimal pictures of XPath's fn:format-number.

#include <string>
#include <string_view>

#include "asl/jsonata/fault.h"

namespace perdure::asl::jsonata::text {

// Each a text, most of one character; the options of $formatNumber set them by name.
struct DecimalFormat {
  std::string decimal_separator = ".";
  std::string grouping_separator = ",";
  std::string exponent_separator = "e";
  std::string infinity = "Infinity";
  std::string minus_sign = "-";
  std::string nan = "NaN";
  std::string percent = "%";
  std::string per_mille = "\xe2\x80\xb0";  // U+2030
  std::string zero_digit = "0";
  std::string digit = "#";
  std::string pattern_separator = ";";

  // `name` as in an options object: "decimal-separator", "NaN". False for a name that is none.
  bool set(std::string_view name, std::string_view value);
};

// D3080 to D3093 for a bad picture.
Outcome<std::string> format_number(double number, std::string_view picture,
                                   const DecimalFormat& format = {});

}  // namespace perdure::asl::jsonata::text

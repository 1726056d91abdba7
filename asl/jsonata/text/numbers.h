#pragma once
// Numbers as texts, texts as numbers, and what is rounded: JavaScript's rules.

#include <cstdint>
#include <string>
#include <string_view>

#include "asl/jsonata/fault.h"

namespace perdure::asl::jsonata::text {

// JavaScript's Number.toString: the shortest digits that read back the same; plain from 1e-6 below
// 1e21, else "1e+21", "1.5e-7". Negative zero is "0". Also "NaN", "Infinity", "-Infinity".
void append_js_number(double d, std::string& out);
std::string js_number(double d);

// $string: whole numbers as they are, others rounded to 15 significant digits first ("0.1" for
// 0.1 + 0.0000000000000000001, "0.333333333333333" for 1/3). Infinities and NaN are the caller's to
// refuse (D3001 alone, D1001 inside a value).
void append_number(double d, std::string& out);
std::string number_text(double d);

// $number of a text: a JSON number, leading zeros allowed, or 0x, 0o, 0b with their digits.
// D3030, also past the range of a double. "0x12 or so" is NaN, as in the reference.
Outcome<double> parse_number(std::string_view text);

// $formatBase: number and radix are rounded half to even. D3100 for a radix outside 2 to 36.
Outcome<std::string> format_base(double number, double radix);

// $round: half to even, after moving the point by `precision` decimal places; never negative zero.
double round_half_even(double number, int precision = 0);

// $power. D3061 where the result is no finite number.
Outcome<double> power(double base, double exponent);
// $sqrt. D3060 below zero.
Outcome<double> square_root(double number);

}  // namespace perdure::asl::jsonata::text

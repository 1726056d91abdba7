#include "asl/value/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace perdure::asl {

std::string java_double(double d) {
  if (std::isnan(d)) return "NaN";
  const std::string sign = std::signbit(d) ? "-" : "";
  if (std::isinf(d)) return sign + "Infinity";
  if (d == 0) return sign + "0.0";

  std::array<char, 64> room;
  const auto format = std::chars_format::scientific;
  const auto end = std::to_chars(room.begin(), room.end(), std::fabs(d), format).ptr;
  const std::string shortest(room.begin(), end);  // d[.ddd]e±xx
  const size_t e = shortest.find('e');
  const int exponent = std::atoi(shortest.c_str() + e + 1);
  std::string digits = shortest.substr(0, 1) + (e > 2 ? shortest.substr(2, e - 2) : "");

  if (exponent < -3 || exponent >= 7) {
    const std::string fraction = digits.size() > 1 ? digits.substr(1) : "0";
    return sign + digits[0] + "." + fraction + "E" + std::to_string(exponent);
  }
  if (exponent < 0) return sign + "0." + std::string(-exponent - 1, '0') + digits;
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) digits.append(whole + 1 - digits.size(), '0');
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace perdure::asl

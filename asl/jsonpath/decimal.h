#pragma once
// Numbers of any size compared exactly, as java.math.BigDecimal does.

#include <string>
#include <string_view>

#include "asl/value/value.h"
#include "base/result.h"

namespace perdure::asl::jsonpath {

class Decimal {
 public:
  // Error: name "NumberFormatException", cause = Java's message.
  static Result<Decimal> parse(std::string_view text);
  static Decimal of(const Value& number);  // integer or number

  int compare(const Decimal& other) const;  // less than, equal to or greater than 0

 private:
  int sign_ = 0;        // -1, 0, 1
  std::string digits_;  // of the value 0.d1d2d3... x 10^exponent_; no zeros at either end
  int64_t exponent_ = 0;
};

}  // namespace perdure::asl::jsonpath

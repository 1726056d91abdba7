#include "asl/jsonpath/decimal.h"

#include <algorithm>

#include "asl/value/utf8.h"

namespace perdure::asl::jsonpath {
namespace {

constexpr int64_t largest_exponent = 1'000'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error bad_number(std::string cause) {
  return Error{ErrorKind::runtime, "NumberFormatException", std::move(cause)};
}

Result<int64_t> parse_exponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return bad_number("null");
  int64_t exponent = 0;
  for (const char c : text) {
    if (!is_digit(c)) return bad_number("Not a digit.");
    exponent = std::min(largest_exponent, exponent * 10 + (c - '0'));
  }
  return negative ? -exponent : exponent;
}

}  // namespace

Result<Decimal> Decimal::parse(std::string_view text) {
  if (text.empty()) return bad_number("null");
  Decimal out;
  out.sign_ = text.starts_with('-') ? -1 : 1;
  size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  bool point = false;
  bool any_digit = false;
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
    const char c = text[at];
    if (is_digit(c)) {
      any_digit = true;
      // Zeros in front count only behind the point, where they lower the exponent.
      if (c == '0' && out.digits_.empty()) {
        if (point) --out.exponent_;
        continue;
      }
      out.digits_ += c;
      if (!point) ++out.exponent_;
    } else if (c == '.') {
      if (point) return bad_number("Character array contains more than one decimal point.");
      point = true;
    } else {
      const CodePoint odd = decode_utf8(text.data() + at, text.data() + text.size());
      return bad_number("Character " + std::string(text.substr(at, odd.bytes)) +
                        " is neither a decimal digit number, decimal point, nor \"e\" notation "
                        "exponential mark.");
    }
  }
  if (at < text.size()) {
    PD_TRY(exponent, parse_exponent(text.substr(at + 1)));
    out.exponent_ += exponent;
  }
  if (!any_digit) return bad_number("No digits found.");
  while (!out.digits_.empty() && out.digits_.back() == '0') out.digits_.pop_back();
  if (out.digits_.empty()) out = Decimal();
  return out;
}

Decimal Decimal::of(const Value& number) { return *parse(to_json(number)); }

int Decimal::compare(const Decimal& other) const {
  if (sign_ != other.sign_) return sign_ < other.sign_ ? -1 : 1;
  if (exponent_ != other.exponent_) return (exponent_ < other.exponent_ ? -1 : 1) * sign_;
  const int digits = digits_.compare(other.digits_);
  return (digits < 0 ? -1 : digits > 0 ? 1 : 0) * sign_;
}

}  // namespace perdure::asl::jsonpath

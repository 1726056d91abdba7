#pragma once
// How an integer is to be written or read, out of a picture. For asl/jsonata/text.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/fault.h"

namespace perdure::asl::jsonata::text {

enum class LetterCase : uint8_t { lower, upper, title };

struct IntegerPicture {
  enum class Form : uint8_t { decimal, letters, roman, words, sequence };
  struct Separator {
    size_t position = 0;  // digits to its right
    std::string character;
  };

  Form form = Form::sequence;
  LetterCase letter_case = LetterCase::lower;
  bool ordinal = false;
  std::string token;  // of a sequence, which nothing can write: the picture

  // Of decimals.
  uint32_t zero = '0';  // the digit family
  size_t mandatory_digits = 0;
  size_t optional_digits = 0;
  std::vector<Separator> separators;  // from the right
  size_t group_size = 0;              // not 0: the first separator stands at each multiple of it
  size_t parse_width = 0;             // digits to read; 0: as many as there are

  // D3131 for digits of two families.
  static Outcome<IntegerPicture> parse(std::string_view picture);
};

// D3130 for a sequence, in both. The number is whole or not finite.
Outcome<std::string> format_integer(double whole, const IntegerPicture& picture);
Outcome<double> parse_integer(std::string_view text, const IntegerPicture& picture);

// A regular expression (ignoring case) for what parse_integer() reads. D3130 for a sequence.
Outcome<std::string> integer_regex(const IntegerPicture& picture);

}  // namespace perdure::asl::jsonata::text

#pragma once
// A date and time picture: "[D1o] [MNn] [Y0001]". For asl/jsonata/text.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/fault.h"
#include "asl/jsonata/text/integer_picture.h"

namespace perdure::asl::jsonata::text {

constexpr std::array<std::string_view, 12> month_names = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> day_names = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

struct DatePart {
  char component = 0;  // 0: a literal
  std::string literal;
  bool named = false;  // written as a name, in this case:
  LetterCase letter_case = LetterCase::lower;
  bool traditional = false;  // [Zt] writes UTC as Z
  std::optional<size_t> max_width;
  std::optional<IntegerPicture> integer;
  std::optional<size_t> year_digits;  // of [Y]: only the last ones are written
};

struct DatePicture {
  std::vector<DatePart> parts;

  // D3131, D3132, D3135.
  static Outcome<DatePicture> parse(std::string_view picture);
};

}  // namespace perdure::asl::jsonata::text

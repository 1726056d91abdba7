#include "asl/jsonata/text/integer_words.h"

#include <array>
#include <cmath>
#include <limits>

#include "asl/value/utf8.h"

namespace perdure::asl::jsonata::text {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

constexpr std::array<std::string_view, 20> few = {
    "Zero",     "One",     "Two",     "Three",     "Four",     "Five",    "Six",
    "Seven",    "Eight",   "Nine",    "Ten",       "Eleven",   "Twelve",  "Thirteen",
    "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
constexpr std::array<std::string_view, 20> few_ordinals = {
    "Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",     "Sixth",
    "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",   "Thirteenth",
    "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
// From 20.
constexpr std::array<std::string_view, 8> tens = {"Twenty", "Thirty",  "Forty",  "Fifty",
                                                  "Sixty",  "Seventy", "Eighty", "Ninety"};
// From 1,000.
constexpr std::array<std::string_view, 4> magnitudes = {"Thousand", "Million", "Billion",
                                                        "Trillion"};

struct Roman {
  double value;
  std::string_view letters;
};
constexpr auto romans = std::to_array<Roman>({{1000, "m"},
                                              {900, "cm"},
                                              {500, "d"},
                                              {400, "cd"},
                                              {100, "c"},
                                              {90, "xc"},
                                              {50, "l"},
                                              {40, "xl"},
                                              {10, "x"},
                                              {9, "ix"},
                                              {5, "v"},
                                              {4, "iv"},
                                              {1, "i"}});

// Appends `number`, which is behind other words of the same number if `behind`.
void append_words(double number, bool behind, bool ordinal, std::string& out) {
  if (number < 20) {
    if (behind) out += " and ";
    out += (ordinal ? few_ordinals : few)[static_cast<size_t>(number)];
    return;
  }
  if (number < 100) {
    if (behind) out += " and ";
    const auto whole = static_cast<size_t>(number);
    const std::string_view word = tens[whole / 10 - 2];
    if (whole % 10 > 0) {
      out.append(word) += '-';
      return append_words(static_cast<double>(whole % 10), false, ordinal, out);
    }
    out += ordinal ? word.substr(0, word.size() - 1) : word;
    if (ordinal) out += "ieth";
    return;
  }
  double unit = 100;
  std::string_view name = "Hundred";
  for (size_t i = 0; i < magnitudes.size() && number >= unit * (i == 0 ? 10 : 1000); ++i) {
    unit = i == 0 ? 1000 : unit * 1000;
    name = magnitudes[i];
  }
  const double count = std::floor(number / unit);
  const double rest = number - count * unit;
  if (behind) out += ", ";
  append_words(count, false, false, out);
  out.append(" ").append(name);
  if (rest > 0) {
    append_words(rest, true, ordinal, out);
  } else if (ordinal) {
    out += "th";
  }
}

std::string lower(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string ordinal_of_tens(std::string_view word) {
  return lower(word.substr(0, word.size() - 1)) + "ieth";
}

// The value of one lower-case word, or NaN.
double value_of(std::string_view word) {
  for (size_t i = 0; i < few.size(); ++i) {
    if (word == lower(few[i]) || word == lower(few_ordinals[i])) return static_cast<double>(i);
  }
  for (size_t i = 0; i < tens.size(); ++i) {
    if (word == lower(tens[i]) || word == ordinal_of_tens(tens[i])) return 10.0 * (i + 2.0);
  }
  if (word == "hundred" || word == "hundredth") return 100;
  double value = 1;
  for (const auto name : magnitudes) {
    value *= 1000;
    if (word == lower(name) || word == lower(name) + "th") return value;
  }
  return nan;
}

// Takes the word at the beginning off, with what separates it from the next: a blank or hyphen,
// ", " or " and ".
std::string_view take_word(std::string_view& words) {
  const size_t end = words.find_first_of(" \t\r\n-,");
  std::string_view word = words.substr(0, end);
  words.remove_prefix(word.size());
  if (words.starts_with(',')) words.remove_prefix(1);
  if (words.starts_with(" and ")) {
    words.remove_prefix(5);
  } else if (!words.empty()) {
    words.remove_prefix(1);
  }
  return word;
}

double value_of_roman(char letter) {
  for (const Roman& roman : romans) {
    if (roman.letters.size() == 1 && roman.letters[0] == (letter | 32)) return roman.value;
  }
  return nan;
}

}  // namespace

std::string words_of(double whole, bool ordinal) {
  std::string out;
  append_words(whole, false, ordinal, out);
  return out;
}

double number_of_words(std::string_view words) {
  if (words.empty()) return nan;
  double sum = 0;      // of the parts before
  double segment = 0;  // what the next hundred, thousand, ... multiplies
  while (!words.empty()) {
    const double value = value_of(take_word(words));
    if (value < 100) {
      if (segment >= 1000) {
        sum += segment;
        segment = 0;
      }
      segment += value;
    } else {
      segment *= value;
    }
  }
  return sum + segment;
}

std::string words_regex() {
  std::string out;
  const auto add = [&out](const std::string& word) { out.append(word) += '|'; };
  for (const auto word : few_ordinals) add(lower(word));
  for (const auto word : few) add(lower(word));
  for (const auto word : tens) {
    add(ordinal_of_tens(word));
    add(lower(word));
  }
  for (const auto word : magnitudes) {
    add(lower(word) + "th");
    add(lower(word));
  }
  return out + "hundredth|hundred";
}

std::string roman_of(double whole) {
  std::string out;
  for (const Roman& roman : romans) {
    for (; whole >= roman.value; whole -= roman.value) out += roman.letters;
  }
  return out;
}

double number_of_roman(std::string_view letters) {
  double number = 0;
  double most = 1;
  for (size_t i = letters.size(); i-- > 0;) {
    const double value = value_of_roman(letters[i]);
    if (std::isnan(value)) return nan;
    if (value < most) {
      number -= value;
    } else {
      most = value;
      number += value;
    }
  }
  return number;
}

std::string letters_of(double whole, char first) {
  std::string reversed;
  while (whole > 0) {
    reversed += static_cast<char>(first + static_cast<int>(std::fmod(whole - 1, 26)));
    whole = std::floor((whole - 1) / 26);
  }
  return {reversed.rbegin(), reversed.rend()};
}

double number_of_letters(std::string_view letters, char first) {
  double number = 0;
  const char* const end = letters.data() + letters.size();
  for (const char* at = letters.data(); at < end;) {
    const CodePoint point = decode_utf8(at, end);
    number = number * 26 + (static_cast<double>(point.code) - first + 1);
    at += point.bytes;
  }
  return number;
}

}  // namespace perdure::asl::jsonata::text

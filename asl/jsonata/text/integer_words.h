#pragma once
// Numbers in English words, roman numerals and letters. For asl/jsonata/text.

#include <string>
#include <string_view>

namespace perdure::asl::jsonata::text {

// "One Thousand, Two Hundred and Thirty-Four", "Twentieth". The number is whole and not negative.
std::string words_of(double whole, bool ordinal);
// NaN for other words. Lower case; ordinals too.
double number_of_words(std::string_view words);
// All words, for a regular expression: "zero|one|...".
std::string words_regex();

// "mcmlxxxiv"; empty for 0. The number is whole and not negative.
std::string roman_of(double whole);
double number_of_roman(std::string_view upper_case);  // NaN for other letters

// "a" to "z", "aa", ... `first` is 'a' or 'A'; empty for 0.
std::string letters_of(double whole, char first);
double number_of_letters(std::string_view letters, char first);

}  // namespace perdure::asl::jsonata::text

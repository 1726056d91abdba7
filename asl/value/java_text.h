#pragma once
// Values as Java's toString() shows them: in Jayway's messages and in the results of States.Format.

#include <string>
#include <string_view>

#include "asl/value/value.h"

namespace perdure::asl {

// Strings bare, numbers in their form, objects as "{a=1, b=[]}", arrays as "[1, 2]".
void append_java_text(const Value& value, std::string& out);
std::string java_text(const Value& value);

// String.compareTo: by UTF-16 units. Less than, equal to or greater than 0.
int java_compare(std::string_view a, std::string_view b);

// String.trim: without the characters up to the space at both ends.
std::string_view java_trim(std::string_view text);

}  // namespace perdure::asl

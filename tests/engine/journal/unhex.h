#pragma once
// Bytes written as hexadecimal digits, as the fixtures have them.

#include <stdexcept>
#include <string>
#include <string_view>

namespace perdure::engine::journal {

inline std::string unhex(std::string_view digits) {
  std::string bytes;
  if (digits.size() % 2 != 0) throw std::invalid_argument("an odd number of digits");
  for (size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

}  // namespace perdure::engine::journal

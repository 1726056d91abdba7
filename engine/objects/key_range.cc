#include "engine/objects/key_range.h"

namespace perdure::engine {

std::string behind_prefix(std::string_view prefix) {
  std::string behind(prefix);
  while (!behind.empty() && static_cast<unsigned char>(behind.back()) == 0xFF) behind.pop_back();
  if (!behind.empty()) ++behind.back();
  return behind;
}

std::string_view common_prefix(std::string_view key, std::string_view prefix,
                               std::string_view delimiter) {
  if (delimiter.empty() || !key.starts_with(prefix)) return {};
  const size_t at = key.find(delimiter, prefix.size());
  return at == key.npos ? std::string_view() : key.substr(0, at + delimiter.size());
}

}  // namespace perdure::engine

#include "asl/value/split.h"

#include "base/result.h"

namespace perdure::asl {

std::vector<std::string_view> split_array(std::string_view array) {
  PD_ASSERT(array.size() >= 2 && array.front() == '[' && array.back() == ']');
  std::vector<std::string_view> items;
  if (array.size() == 2) return items;
  int depth = 0;
  bool in_string = false;
  size_t begin = 1;
  for (size_t i = 1; i + 1 < array.size(); ++i) {
    const char c = array[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
      continue;
    }
    if (c == '"')
      in_string = true;
    else if (c == '[' || c == '{')
      ++depth;
    else if (c == ']' || c == '}')
      --depth;
    else if (c == ',' && depth == 0) {
      items.push_back(array.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  items.push_back(array.substr(begin, array.size() - 1 - begin));
  return items;
}

}  // namespace perdure::asl

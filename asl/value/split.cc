#include "asl/value/split.h"

#include "asl/value/value.h"
#include "base/result.h"

namespace perdure::asl {
namespace {

// Calls `part(text)` for each text between the outermost brackets that stands between commas.
template <class Part>
void for_each_part(std::string_view container, const Part& part) {
  if (container.size() == 2) return;
  int depth = 0;
  bool in_string = false;
  size_t begin = 1;
  for (size_t i = 1; i + 1 < container.size(); ++i) {
    const char c = container[i];
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
      part(container.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  part(container.substr(begin, container.size() - 1 - begin));
}

// Behind the string that `text` begins with.
size_t string_end(std::string_view text) {
  size_t i = 1;
  while (text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  return i + 1;
}

}  // namespace

std::vector<std::string_view> split_array(std::string_view array) {
  PD_ASSERT(array.size() >= 2 && array.front() == '[' && array.back() == ']');
  std::vector<std::string_view> items;
  for_each_part(array, [&](std::string_view item) { items.push_back(item); });
  return items;
}

std::vector<std::pair<std::string, std::string_view>> split_object(std::string_view object) {
  std::vector<std::pair<std::string, std::string_view>> members;
  if (object.empty()) return members;
  PD_ASSERT(object.size() >= 2 && object.front() == '{' && object.back() == '}');
  for_each_part(object, [&](std::string_view member) {
    const size_t colon = string_end(member);
    Arena arena;
    const auto name = parse_json(member.substr(0, colon), arena);
    PD_ASSERT(name);
    members.emplace_back(name->as_string(), member.substr(colon + 1));
  });
  return members;
}

}  // namespace perdure::asl

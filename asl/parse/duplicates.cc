#include "asl/parse/duplicates.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace perdure::asl {
namespace {

// "~1" is '/', "~0" is '~' in JSON pointers.
std::string unescaped(std::string_view token) {
  std::string out;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) {
      out += token[++i] == '1' ? '/' : '~';
    } else {
      out += token[i];
    }
  }
  return out;
}

struct Found {
  Value object;
  Location at;
  std::string_view last_key;  // the name of the field that holds the object
};

// Follows a JSON pointer and writes it the way AWS writes locations.
Found follow(const Value& root, std::string_view pointer) {
  Found found;
  Value here = root;
  while (pointer.starts_with('/')) {
    pointer.remove_prefix(1);
    const std::string token = unescaped(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(std::min(pointer.find('/'), pointer.size()));
    if (here.is(Kind::array)) {
      size_t index = 0;
      std::from_chars(token.data(), token.data() + token.size(), index);
      found.at = found.at.item(index);
      here = index < here.size() ? here.items()[index] : Value();
      continue;
    }
    if (!here.is(Kind::object)) break;
    for (const Member& member : here.members()) {
      if (member.key != token) continue;
      found.at = found.at.field(member.key);
      found.last_key = member.key;
    }
    here = here.get(token);
  }
  found.object = here;
  return found;
}

Location location_of_key(const Found& found, std::string_view key) {
  if (!found.object.is(Kind::object)) return found.at;
  for (const Member& member : found.object.members()) {
    if (member.key == key) return found.at.field(member.key);
  }
  return found.at;
}

}  // namespace

void report_duplicates(const Value& root, const std::vector<DuplicateKey>& duplicates,
                       Diagnostics& diagnostics) {
  for (const DuplicateKey& duplicate : duplicates) {
    const Found found = follow(root, duplicate.pointer);
    if (found.last_key == "States") {
      diagnostics.error("DUPLICATE_STATE_NAME", "Duplicate State name: " + duplicate.key,
                        location_of_key(found, duplicate.key));
    } else {
      diagnostics.error("INVALID_JSON_DESCRIPTION", "Duplicate field '" + duplicate.key + "'",
                        found.at);
    }
  }
}

}  // namespace perdure::asl

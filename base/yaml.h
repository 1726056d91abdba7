#pragma once
// YAML for what people write by hand (definitions, tests): turned into JSON text, so that
// everything behind it knows one form only. yaml-cpp is included by yaml.cc and nowhere else.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text_position.h"

namespace perdure {

struct YamlDocument {
  // Compact, members in their order. Plain scalars mean what the core schema of YAML 1.2 says:
  // `yes` and `0123` are a text and the number 123; numbers that are numbers of JSON too keep their
  // form.
  std::string json;
  // Where each value stands, by JSON pointer; a member of an object: where its key stands.
  std::map<std::string, TextPosition, std::less<>> positions;
};

// One document. Refused, as InvalidYaml with "FILE:LINE:COLUMN: problem": what is no YAML, two
// documents, equal keys, keys that are no scalars, tags other than the core schema's, .inf and
// .nan, nesting deeper than JSON may be, and more than `limit_bytes` of JSON (aliases can
// multiply).
Result<YamlDocument> read_yaml(std::string_view text, std::string_view file,
                               size_t limit_bytes = 16 << 20);

// One step down in a JSON pointer: "/States" and "a/b" are "/States/a~1b".
std::string pointer_to(std::string_view pointer, std::string_view key);

}  // namespace perdure

#pragma once
// The recordings of real AWS beside the project, if they are there.

#include <cstdlib>
#include <string>
#include <vector>

#include "asl/value/value.h"
#include "base/files.h"
#include "source_dir.h"

namespace perdure::asl {

// $PERDURE_SHARED/conformance/cases, by default beside the checkout.
inline std::string recorded_cases_folder() {
  std::string root = PERDURE_SOURCE_DIR "/../shared";
  if (const char* const shared = std::getenv("PERDURE_SHARED")) root = shared;
  return root + "/conformance/cases";
}

struct RecordedCase {
  std::string file;
  Value json;
};

// All cases, parsed into `arena`; empty where the recordings are absent.
inline std::vector<RecordedCase> recorded_cases(Arena& arena) {
  std::vector<RecordedCase> cases;
  const std::string folder = recorded_cases_folder();
  const auto names = list_directory(folder);
  if (!names) return cases;
  for (const std::string& name : *names) {
    const auto text = read_file(folder + "/" + name);
    if (!text) continue;
    const auto json = parse_json(arena.copy(*text), arena);
    if (json) cases.push_back({name, *json});
  }
  return cases;
}

inline std::string text_of(const Value& value) {
  return value.is(Kind::string) ? std::string(value.as_string()) : "";
}

}  // namespace perdure::asl

// Any bytes as YAML, and as a test file of workflows: refused with a place, or JSON.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "api/workflow_tests/test_file.h"
#include "asl/value/value.h"
#include "base/yaml.h"

using namespace perdure;

namespace {

// Removed with the process.
struct Scratch {
  std::string path = "/tmp/perdure-fuzz-" + std::to_string(getpid()) + ".test.yaml";
  ~Scratch() { unlink(path.c_str()); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Scratch scratch;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = read_yaml(text, "file", 1 << 20);
  if (!document) {
    PD_ASSERT(document.error().name == "InvalidYaml");
    PD_ASSERT(document.error().cause.starts_with("file"));
    return 0;
  }
  asl::Arena arena;
  PD_ASSERT(asl::parse_json(document->json, arena).has_value());
  for (const auto& [pointer, place] : document->positions) {
    PD_ASSERT(pointer.empty() || pointer.starts_with('/'));
  }
  std::ofstream(scratch.path, std::ios::trunc).write(text.data(), std::streamsize(size));
  const auto test = api::workflow_tests::read_test_file(scratch.path);
  PD_ASSERT(test || test.error().cause.starts_with(scratch.path));
  return 0;
}

// Runs a fuzz target over its corpus where no fuzzer is at hand: every file as it is, cut off at
// many places, and with single bytes replaced. Deterministic, so that a failure stays one.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "base/files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t places = 64;  // tried in each file

size_t runs = 0;

void run(const std::string& input) {
  // Exactly as large as the input, so that the address sanitizer sees a byte too far.
  const std::string copy(input.data(), input.size());
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(copy.data()), copy.size());
  ++runs;
}

void run_damaged(const std::string& input) {
  const size_t step = input.size() / places + 1;
  for (size_t at = 0; at < input.size(); at += step) {
    run(input.substr(0, at));
    for (const char c : {'"', '\\', '{', ']', '$', '.', '\0', '\xff'}) {
      std::string damaged = input;
      damaged[at] = c;
      run(damaged);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string folder = argv[i];
    const auto names = perdure::list_directory(folder);
    if (!names || names->empty()) {
      std::fprintf(stderr, "no corpus in %s\n", folder.c_str());
      return 1;
    }
    for (const std::string& name : *names) {
      const auto input = perdure::read_file(folder + "/" + name);
      if (!input) {
        std::fprintf(stderr, "%s\n", input.error().cause.c_str());
        return 1;
      }
      run(*input);
      run_damaged(*input);
    }
  }
  std::printf("%zu inputs replayed\n", runs);
  return runs > 0 ? 0 : 1;
}

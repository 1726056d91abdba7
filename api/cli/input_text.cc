#include "api/cli/input_text.h"

#include <cstdio>

#include "base/files.h"

namespace perdure::api::cli {

std::string read_stdin() {
  std::string text;
  char buffer[65'536];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, stdin)) text.append(buffer, got);
  return text;
}

Result<std::string> input_text(const std::string& option) {
  if (option.empty()) return std::string("{}");
  if (option == "-") return read_stdin();
  if (option[0] == '@') return read_file(option.substr(1));
  return option;
}

}  // namespace perdure::api::cli

// Runs a folder of JSONata cases (tests/asl/jsonata/case_file.h) and says what fails.

#include <cstdio>

#include "tests/asl/jsonata/case_file.h"

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::exists(argv[1])) {
    std::fprintf(stderr, "usage: jsonata_cases FOLDER (with groups, datasets and dialect)\n");
    return 2;
  }
  const auto report = perdure::asl::jsonata::run_cases(argv[1]);
  for (const std::string& failure : report.failures) std::printf("FAIL %s\n", failure.c_str());
  std::printf("%zu passed, %zu failed\n", report.passed, report.failures.size());
  return report.failures.empty() && report.passed > 0 ? 0 : 1;
}

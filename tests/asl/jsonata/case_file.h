#pragma once
// Cases of JSONata as data: a folder of groups/*.json with datasets/*.json (the conformance suite's
// form) and dialect/*.json (AWS's dialect).

#include <filesystem>
#include <string>
#include <vector>

namespace perdure::asl::jsonata {

struct CaseReport {
  size_t passed = 0;
  std::vector<std::string> failures;  // "group/case: expression: what came and what was expected"
};

// Runs every case below the folder, which may also be a single file, or hold the groups itself.
CaseReport run_cases(const std::filesystem::path& folder);

}  // namespace perdure::asl::jsonata

// The conformance suite of JSONata and what is known of AWS's dialect. They live beside the
// project, in the folder that PERDURE_SHARED names.

#include <gtest/gtest.h>

#include <cstdlib>

#include "source_dir.h"
#include "tests/asl/jsonata/case_file.h"

namespace perdure::asl::jsonata {
namespace {

std::filesystem::path recordings() {
  const char* const folder = std::getenv("PERDURE_SHARED");
  const std::filesystem::path shared =
      folder ? folder : std::filesystem::path(PERDURE_SOURCE_DIR) / "../shared";
  return shared / "jsonata";
}

void expect_all(const char* folder, size_t at_least) {
  const auto place = recordings() / folder;
  if (!std::filesystem::exists(place)) {
    GTEST_SKIP() << "no cases at " << place << " (set PERDURE_SHARED)";
  }
  const CaseReport report = run_cases(place);
  EXPECT_GE(report.passed, at_least);
  for (const std::string& failure : report.failures) ADD_FAILURE() << failure;
}

TEST(RecordedJsonata, AgreesWithTheSuite) { expect_all("groups", 1'000); }

TEST(RecordedJsonata, AgreesWithTheDialectOfAws) { expect_all("dialect", 200); }

}  // namespace
}  // namespace perdure::asl::jsonata

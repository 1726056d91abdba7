#include "asl/lint/lint.h"

#include <gtest/gtest.h>

namespace perdure::asl {
namespace {

std::string first_line(const std::string& definition) {
  const ParseOutcome outcome = parse_definition(definition);
  if (outcome.diagnostics.empty()) return "nothing found";
  return format_diagnostic(outcome.diagnostics[0], definition, "a.asl.json");
}

TEST(LintTest, PointsAtTheKey) {
  EXPECT_EQ(first_line("{\n  \"StartAt\": \"A\",\n  \"States\": {\n"
                       "    \"A\": {\"Type\": \"Pass\", \"Next\": \"B\"}}}"),
            "a.asl.json:4:27: error: Missing 'Next' target: B at /States/A/Next "
            "[MISSING_TRANSITION_TARGET]");
}

TEST(LintTest, CountsCharacters) {
  EXPECT_EQ(first_line("{\"StartAt\": \"Ä\", \"States\": {\"Ä\": {\"Type\": \"Wait\", "
                       "\"Seconds\": -1, \"End\": true}}}"),
            "a.asl.json:1:51: error: Minimum value is 0 at /States/Ä/Seconds "
            "[SCHEMA_VALIDATION_FAILED]");
}

TEST(LintTest, TakesTheParsersPlaceForBrokenJson) {
  EXPECT_EQ(first_line("{\n\"StartAt\" 1}").substr(0, 45),
            "a.asl.json:2:12: error: Unexpected character ");
}

TEST(LintTest, TheWholeHasNoPlace) {
  EXPECT_EQ(first_line(""),
            "a.asl.json: error: Definition must be a valid JSON object [SCHEMA_VALIDATION_FAILED]");
}

TEST(LintTest, WarningsSaySo) {
  EXPECT_EQ(first_line(R"({"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "$.e"}}})"),
            "a.asl.json:1:51: warning: Field value looks like a path, but field name does not end "
            "with 'Path'. at /States/A/Error [NO_PATH]");
}

}  // namespace
}  // namespace perdure::asl

// Assign, and which states read variables.
#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

using ::testing::SizeIs;

std::string pass(const std::string& assign) {
  return R"({"Type": "Pass", "Assign": )" + assign + R"(, "End": true})";
}

TEST(AssignTest, NamesAreIdentifiers) {
  EXPECT_THAT(errors_of_state(pass(R"({"a": 1, "_b2": 2, "größe.$": "$.x"})")), IsEmpty());
  for (const std::string name : {"", "2a", "a-b", "a.b", "states"}) {
    EXPECT_THAT(errors_of_state(pass("{\"" + name + "\": 1}")), SizeIs(1)) << name;
  }
  EXPECT_THAT(errors_of_state(pass("{\"" + std::string(80, 'x') + "\": 1}")), IsEmpty());
  EXPECT_THAT(errors_of_state(pass("{\"" + std::string(81, 'x') + "\": 1}")), SizeIs(1));
}

TEST(AssignTest, IsAnObjectOfPathsAndLiterals) {
  EXPECT_THAT(errors_of_state(pass("1")),
              ElementsAre(schema("Expected value of type [OBJECT]", "/States/X/Assign")));
  EXPECT_THAT(
      errors_of_state(pass(R"({"a.$": "no path"})")),
      ElementsAre(schema("The value for the field 'a.$' must be a valid JSONPath or a valid "
                         "intrinsic function call",
                         "/States/X/Assign")));
}

TEST(AssignTest, NothingIsWrittenIntoAVariableByAPath) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "ResultPath": "$x", "End": true})"), SizeIs(1));
}

TEST(AssignTest, ReferencesAreKnownByState) {
  const auto outcome = parse_definition(R"j({"StartAt": "A", "States": {
      "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
      "M": {"Type": "Map", "ItemsPath": "$list", "End": true,
            "ItemProcessor": {"StartAt": "I", "States": {
              "I": {"Type": "Pass", "Parameters": {"v.$": "States.Format('{} {}', $y, $x.a)"},
                    "OutputPath": "$.b", "End": true
}
}
}
}
}
})j");
  ASSERT_TRUE(outcome.ok());
  using Names = std::set<std::string>;
  EXPECT_EQ(outcome.machine->variable_references,
            (std::map<std::string, Names>{{"I", Names{"x", "y"}}, {"M", Names{"list"}}}));
}

}  // namespace
}  // namespace perdure::asl

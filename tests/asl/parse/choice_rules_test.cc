#include "asl/parse/comparisons.h"
#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

std::string choice(const std::string& rules) {
  return R"({"StartAt": "X", "States": {"X": {"Type": "Choice", "Choices": [)" + rules +
         R"(]}, "Y": {"Type": "Succeed"}}})";
}

const ChoiceTest::Compare& comparison(const ChoiceTest& test) {
  return std::get<ChoiceTest::Compare>(test.test);
}

TEST(ChoiceRulesTest, AllThirtyNineOperatorsParse) {
  for (const Operator& op : operators()) {
    std::string operand = "\"$.other\"";
    if (!op.path) {
      const char* const literals[] = {"\"a\"", "\"a*\"", "1.5", "true", "\"2016-08-18T17:33:00Z\""};
      operand = literals[static_cast<int>(op.operand)];
    }
    const auto state =
        parsed<ChoiceState>(choice(R"({"Variable": "$.v", ")" + std::string(op.name) +
                                   "\": " + operand + R"(, "Next": "Y"})"));
    ASSERT_EQ(state.rules.size(), 1u) << op.name;
    EXPECT_EQ(state.rules[0].next, "Y");
    const ChoiceTest::Compare& compare = comparison(state.rules[0].test);
    EXPECT_EQ(compare.comparison, op.comparison) << op.name;
    EXPECT_EQ(compare.variable.text(), "$.v");
    EXPECT_EQ(compare.path.has_value(), op.path) << op.name;
    EXPECT_EQ(compare.literal_json, op.path ? "" : operand) << op.name;
  }
}

TEST(ChoiceRulesTest, RulesNest) {
  const auto state = parsed<ChoiceState>(choice(R"({"Next": "Y", "And": [
      {"Not": {"Variable": "$.a", "IsNull": true}},
      {"Or": [{"Variable": "$.b", "NumericEquals": 1},
              {"Variable": "$.c", "IsPresent": false}]}]})"));
  const auto& both = std::get<ChoiceTest::And>(state.rules[0].test.test).tests;
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(comparison(*std::get<ChoiceTest::Not>(both[0].test).test).comparison,
            Comparison::is_null);
  const auto& either = std::get<ChoiceTest::Or>(both[1].test).tests;
  ASSERT_EQ(either.size(), 2u);
  EXPECT_EQ(comparison(either[0]).literal_json, "1");
  EXPECT_EQ(comparison(either[1]).literal_json, "false");
}

TEST(ChoiceRulesTest, ChoicesAreRequired) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Choice"})"),
              ElementsAre(schema("These fields are required: [Choices]", "/States/X")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Choice", "Choices": []})"),
              ElementsAre(schema("Value cannot be empty", "/States/X/Choices")));
}

TEST(ChoiceRulesTest, OneSelectorOneOperatorOneNext) {
  EXPECT_THAT(
      errors_of(choice(R"({"Next": "Y"})")),
      ElementsAre(schema("The object must have only one of the following fields, [And, Or, Not, "
                         "Variable, Condition]",
                         "/States/X/Choices[0]")));
  EXPECT_THAT(
      errors_of(choice(R"({"Next": "Y", "Variable": "$.a", "IsNull": true,
                           "Not": {"Variable": "$.a", "IsNull": true}})")),
      ElementsAre(schema("The object must have only one of the following fields, [And, Or, Not, "
                         "Variable, Condition]",
                         "/States/X/Choices[0]")));
  const std::string all = bracketed(operator_names());
  EXPECT_THAT(errors_of(choice(R"({"Next": "Y", "Variable": "$.a"})")),
              ElementsAre(schema("This object should have only one of the following fields: " + all,
                                 "/States/X/Choices[0]")));
  EXPECT_THAT(errors_of(choice(
                  R"({"Next": "Y", "Variable": "$.a", "NumericEquals": 1, "NumericLessThan": 2})")),
              ElementsAre(schema("There should only be one of the following fields: " + all,
                                 "/States/X/Choices[0]")));
  EXPECT_THAT(errors_of(choice(R"({"Variable": "$.a", "IsNull": true, "Next": "Y"},
                                  {"Variable": "$.a", "IsNull": true})")),
              ElementsAre(schema("These fields are required: [Next]", "/States/X/Choices[1]")));
}

TEST(ChoiceRulesTest, NextOnlyAtTheTop) {
  EXPECT_THAT(errors_of(choice(R"({"Next": "Y", "And": [
                {"Variable": "$.a", "IsNull": true, "Next": "Y"}]})")),
              ElementsAre(schema("Field 'Next' is not supported", "/States/X/Choices[0]/And[0]")));
}

TEST(ChoiceRulesTest, LiteralsHaveTypes) {
  const auto errors = [](const std::string& comparison) {
    return errors_of(choice(R"({"Next": "Y", "Variable": "$.a", )" + comparison + "}"));
  };
  EXPECT_THAT(
      errors(R"("StringEquals": 1)"),
      ElementsAre(schema("Expected value of type [STRING]", "/States/X/Choices[0]/StringEquals")));
  EXPECT_THAT(
      errors(R"("NumericEquals": "1")"),
      ElementsAre(schema("Expected value of type Number", "/States/X/Choices[0]/NumericEquals")));
  EXPECT_THAT(errors(R"("IsNull": null)"), ElementsAre(schema("Expected value of type [BOOLEAN]",
                                                              "/States/X/Choices[0]/IsNull")));
  EXPECT_THAT(errors(R"("TimestampEquals": "yesterday")"),
              ElementsAre(schema("String does not match RFC3339 timestamp",
                                 "/States/X/Choices[0]/TimestampEquals")));
  EXPECT_THAT(
      errors(R"("StringMatches": {})"),
      ElementsAre(schema("Expected value of type [STRING]", "/States/X/Choices[0]/StringMatches")));
  EXPECT_THAT(errors(R"("StringMatches": "a\\*b*\\\\")"), IsEmpty());
  EXPECT_THAT(errors(R"("StringMatches": "a\\b")"),
              ElementsAre(schema("Invalid escape sequence in StringMatches",
                                 "/States/X/Choices[0]/StringMatches")));
}

TEST(ChoiceRulesTest, VariablesAreReferencePaths) {
  EXPECT_THAT(errors_of(choice(
                  R"j({"Next": "Y", "Variable": "States.ArrayLength($.a)", "NumericEquals": 0})j")),
              ElementsAre(schema("Value is not a Reference Path: Reference path didn't start with "
                                 "'$'",
                                 "/States/X/Choices[0]/Variable")));
  EXPECT_THAT(
      errors_of(choice(R"({"Next": "Y", "Variable": "$.a", "NumericEqualsPath": "$.b[*]"})")),
      ElementsAre(schema("Value is not a Reference Path: '[' must be followed by ' or '['",
                         "/States/X/Choices[0]/NumericEqualsPath")));
  EXPECT_THAT(
      errors_of(choice(R"({"Next": "Y", "Variable": "$$.Execution.Name", "StringEquals": "a"})")),
      IsEmpty());
}

TEST(ChoiceRulesTest, WarnsOfLiteralsThatLookLikePaths) {
  EXPECT_THAT(warnings_of(choice(R"({"Next": "Y", "Variable": "$.a", "StringEquals": "$.b"})")),
              ElementsAre("NO_PATH: Field value looks like a path, but field name does not end "
                          "with 'Path'. at /States/X/Choices[0]/StringEquals"));
}

}  // namespace
}  // namespace perdure::asl

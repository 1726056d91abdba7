#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

TEST(StateTest, TypeIsOneOfEight) {
  EXPECT_THAT(errors_of_state(R"({"Type": "TypeThatDoesNotExist", "End": true})"),
              ElementsAre(schema("The field 'Type' should have one of these values: [Task, Wait, "
                                 "Pass, Succeed, Fail, Choice, Parallel, Map]",
                                 "/States/X/Type")));
  EXPECT_THAT(errors_of_state(R"({"End": true})"),
              ElementsAre(schema("These fields are required: [Type]", "/States/X")));
  EXPECT_THAT(errors_of_state("7"),
              ElementsAre(schema("Expected value of type [OBJECT]", "/States/X")));
}

TEST(StateTest, NeedsExactlyOneWayOn) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass"})"),
              ElementsAre(schema("This object should have only one of the following fields: "
                                 "[Next, End]",
                                 "/States/X")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "End": false})"),
              ElementsAre(schema("This object should have only one of the following fields: "
                                 "[Next, End]",
                                 "/States/X")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "End": true, "Next": "X"})"),
              ElementsAre(schema("There should only be one of the following fields: [Next, End]",
                                 "/States/X")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "End": "yes"})"),
              ElementsAre(schema("Expected value of type [BOOLEAN]", "/States/X/End"),
                          "MISSING_END_STATE: Workflow has no terminal state at null"));
}

TEST(StateTest, EndFalseBesideNextSaysNothing) {
  EXPECT_THAT(errors_of(R"({"StartAt": "A", "States": {
                "A": {"Type": "Pass", "Next": "B", "End": false}, "B": {"Type": "Succeed"}}})"),
              IsEmpty());
}

TEST(StateTest, FieldsBelongToTypes) {
  for (const std::string type : {"Pass", "Wait", "Succeed", "Fail", "Choice"}) {
    for (const std::string field : {"Retry", "Catch", "TimeoutSeconds", "ItemsPath"}) {
      EXPECT_THAT(errors_of_state(R"({"Type": ")" + type + R"(", ")" + field + R"(": 1})"),
                  testing::Contains(schema("Field '" + field + "' is not supported", "/States/X")))
          << type;
    }
  }
  EXPECT_THAT(errors_of_state(R"({"Type": "Succeed", "End": true})"),
              ElementsAre(schema("Field 'End' is not supported", "/States/X")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Fail", "InputPath": "$"})"),
              ElementsAre(schema("Field 'InputPath' is not supported", "/States/X")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "End": true, "comment": ""})"),
              ElementsAre(schema("Field 'comment' is not supported", "/States/X")));
}

TEST(StateTest, NamesHaveEightyCharacters) {
  const auto machine = [](const std::string& name) {
    return R"({"StartAt": ")" + name + R"(", "States": {")" + name + R"(": {"Type": "Succeed"}}})";
  };
  std::string name;
  for (int i = 0; i < 80; ++i) name += "ä";
  EXPECT_THAT(errors_of(machine(name)), IsEmpty());
  name += "b";
  EXPECT_THAT(
      errors_of(machine(name)),
      ElementsAre("INVALID_STATE_NAME: Invalid State name: " + name +
                  " exceeds the 80-character limit allowed by the service at /States/" + name));
}

TEST(StateTest, PathsAndTheirNull) {
  const std::string definition = machine_of(
      R"({"Type": "Pass", "InputPath": null, "OutputPath": "$$.Execution", "End": true})");
  const ParseOutcome outcome = parse_definition(definition);
  ASSERT_TRUE(outcome.ok());
  const StateCommon& common = outcome.machine->graph.find("X")->common;
  EXPECT_TRUE(common.input_path.null);
  EXPECT_FALSE(common.output_path.null);
  ASSERT_TRUE(common.output_path.path);
  EXPECT_EQ(common.output_path.path->text(), "$$.Execution");
}

TEST(StateTest, RefusesWrongPaths) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "OutputPath": "Test", "End": true})"),
              ElementsAre(schema("Value must be a valid JSONPath.", "/States/X/OutputPath")));
  EXPECT_THAT(errors_of_state(R"j({"Type": "Pass", "InputPath": "States.UUID()", "End": true})j"),
              ElementsAre(schema("Value must be a valid JSONPath.", "/States/X/InputPath")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "InputPath": 3, "End": true})"),
              ElementsAre(schema("Expected value of type [STRING]", "/States/X/InputPath")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "ResultPath": "a", "End": true})"),
              ElementsAre(schema("Value is not a Reference Path: Reference path didn't start with "
                                 "'$'",
                                 "/States/X/ResultPath")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "ResultPath": "$$.a", "End": true})"),
              ElementsAre(schema("Value is not a Reference Path", "/States/X/ResultPath")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "ResultPath": "$.a[?(@.b)]", "End": true})"),
              ElementsAre(schema("Value is not a Reference Path: '[' must be followed by ' or '['",
                                 "/States/X/ResultPath")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "ResultPath": "$..a", "End": true})"),
              ElementsAre(schema("Value is not a Reference Path", "/States/X/ResultPath")));
}

}  // namespace
}  // namespace perdure::asl

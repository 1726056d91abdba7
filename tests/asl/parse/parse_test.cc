#include <string>

#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

TEST(ParseTest, ReadsAMachine) {
  const ParseOutcome outcome = parse_definition(R"({
    "Comment": "two steps", "Version": "1.0", "TimeoutSeconds": 60, "StartAt": "A",
    "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}})");
  ASSERT_TRUE(outcome.ok());
  EXPECT_THAT(outcome.diagnostics, IsEmpty());
  EXPECT_EQ(outcome.machine->comment, "two steps");
  EXPECT_EQ(outcome.machine->timeout_seconds, 60);
  EXPECT_EQ(outcome.machine->graph.start_at, "A");
  EXPECT_EQ(outcome.machine->graph.find("A")->common.next, "B");
  EXPECT_EQ(outcome.machine->graph.find("B")->common.next, "");
  EXPECT_EQ(outcome.machine->graph.find("C"), nullptr);
}

TEST(ParseTest, NamesAllMissingFieldsAtOnce) {
  EXPECT_THAT(errors_of("{}"),
              ElementsAre(schema("These fields are required: [States, StartAt]", "/")));
  EXPECT_THAT(errors_of(R"({"StartAt": "A"})"),
              ElementsAre(schema("These fields are required: [States]", "/")));
}

TEST(ParseTest, RefusesWhatIsNoObject) {
  const std::string message =
      "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null";
  EXPECT_THAT(errors_of(""), ElementsAre(message));
  EXPECT_THAT(errors_of(" \n"), ElementsAre(message));
  EXPECT_THAT(errors_of("[1]"), ElementsAre(message));
  EXPECT_THAT(errors_of("null"), ElementsAre(message));
}

TEST(ParseTest, TellsWhereTheTextIsNoJson) {
  const ParseOutcome outcome = parse_definition("not a definition");
  ASSERT_EQ(outcome.diagnostics.size(), 1u);
  EXPECT_EQ(outcome.diagnostics[0].code, "INVALID_JSON_DESCRIPTION");
  EXPECT_EQ(outcome.diagnostics[0].location,
            "[Source: (String)\"not a definition\"; line: 1, column: 4]");
  EXPECT_EQ(outcome.diagnostics[0].message,
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token "
            "'null', 'true' or 'false')\n at " +
                outcome.diagnostics[0].location);
}

TEST(ParseTest, EndlessNestingIsAnErrorAndNoCrash) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  ASSERT_FALSE(parse_definition(deep).ok());
  const ParseOutcome inside =
      parse_definition(machine_of(R"({"Type": "Pass", "End": true, "Result": )" + deep + "}"));
  ASSERT_EQ(inside.diagnostics.size(), 1u);
  EXPECT_EQ(inside.diagnostics[0].code, "INVALID_JSON_DESCRIPTION");
  EXPECT_EQ(load_definition(deep), nullptr);
}

TEST(ParseTest, NestedMapsAreCounted) {
  std::string definition = R"({"Type": "Pass", "End": true})";
  for (int i = 0; i < 101; ++i) {
    const std::string name = "S" + std::to_string(i);
    definition = R"({"Type": "Map", "End": true, "ItemProcessor": {"StartAt": ")" + name +
                 R"(", "States": {")" + name + "\": " + definition + "}}}";
  }
  const ParseOutcome outcome = parse_definition(machine_of(definition));
  ASSERT_EQ(outcome.diagnostics.size(), 1u);
  EXPECT_EQ(outcome.diagnostics[0].code, "TOO_DEEPLY_NESTED");
}

TEST(ParseTest, ReportsTwiceGivenKeys) {
  EXPECT_THAT(errors_of(R"({"StartAt": "A", "States": {
                "A": {"Type": "Pass", "End": true}, "A": {"Type": "Pass", "End": true}}})"),
              ElementsAre("DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A"));
  EXPECT_THAT(errors_of_state(R"({"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f",
                                  "Catch": [{"ErrorEquals": ["E"], "Next": "X", "Next": "X"}],
                                  "End": true})"),
              ElementsAre("INVALID_JSON_DESCRIPTION: Duplicate field 'Next' at "
                          "/States/X/Catch[0]"));
}

TEST(ParseTest, ChecksTheMachinesOwnFields) {
  EXPECT_THAT(errors_of(R"({"Version": "2.0", "TimeoutSeconds": -1, "Startat": "A", "StartAt": "A",
                            "Comment": 5, "States": {"A": {"Type": "Succeed"}}})"),
              testing::UnorderedElementsAre(
                  schema("Value should be one of the following: [1.0]", "/Version"),
                  schema("Minimum value is 0", "/TimeoutSeconds"),
                  schema("Field 'Startat' is not supported", "/"),
                  schema("Expected value of type [STRING]", "/Comment")));
  EXPECT_THAT(errors_of(R"({"StartAt": 1, "States": []})"),
              ElementsAre(schema("Expected value of type [STRING]", "/StartAt"),
                          schema("Expected value of type [OBJECT]", "/States")));
  EXPECT_THAT(errors_of(R"({"StartAt": "A", "States": {}})"),
              ElementsAre(schema("Value cannot be empty", "/States")));
}

TEST(ParseTest, JoinsDiagnosticsLikeCreateStateMachine) {
  const ParseOutcome outcome = parse_definition(R"({"StartAt": "pass1", "States": {
      "pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": {"Type": "Pass", "End": true}}})");
  EXPECT_EQ(invalid_definition_message(outcome.diagnostics),
            "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: "
            "pass3 at /States/pass1/Next, MISSING_TRANSITION_TARGET: State \"pass2\" is not "
            "reachable. at /States/pass2'");
}

TEST(ParseTest, WarningsDoNotRefuse) {
  const std::string definition =
      machine_of(R"({"Type": "Pass", "Parameters": {"a": "$.b"}, "End": true})");
  const ParseOutcome outcome = parse_definition(definition);
  EXPECT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.diagnostics.size(), 1u);
}

TEST(ParseTest, DiagnosticsPointIntoTheText) {
  const std::string definition = machine_of(R"({"Type": "Wait", "Seconds": -1, "End": true})");
  const ParseOutcome outcome = parse_definition(definition);
  ASSERT_EQ(outcome.diagnostics.size(), 1u);
  EXPECT_EQ(definition.substr(outcome.diagnostics[0].offset, 7), "Seconds");
}

TEST(ParseTest, HostileDefinitionsCostNoMoreThanTheirSize) {
  // A key of 300 KB over 100,000 places to complain about: written out, that were 30 GB.
  const std::string long_key(300'000, 'k');
  std::string texts;
  std::string problems;
  for (int i = 0; i < 60'000; ++i) {
    texts += "\"$.\",";
    problems += "\"" + std::to_string(i) + ".$\":1,";
  }
  const ParseOutcome warned = parse_definition(machine_of(
      R"({"Type": "Pass", "End": true, "Parameters": {")" + long_key + "\": [" + texts + "1]}}"));
  EXPECT_TRUE(warned.ok());
  EXPECT_LE(warned.diagnostics.size(), 1'000u);
  const ParseOutcome refused =
      parse_definition(machine_of(R"({"Type": "Pass", "End": true, "Parameters": {")" + long_key +
                                  "\": {" + problems + "\"x\": 1}}, \"Nonsense\": 1}"));
  EXPECT_LE(refused.diagnostics.size(), 1'000u);
  EXPECT_THAT(lines(refused.diagnostics, Diagnostic::Severity::error),
              testing::Contains(schema("Field 'Nonsense' is not supported", "/States/X")));
}

TEST(ParseTest, LoadsWhatCreationRefusesNow) {
  // Accepted by an older release, say: nothing but the wording of a rule keeps it from running.
  const std::string definition = R"({"StartAt": "A", "States": {
      "A": {"Type": "Pass", "NoLongerKnown": 1, "End": true},
      "B": {"Type": "Pass", "End": true}}})";
  EXPECT_FALSE(parse_definition(definition).ok());
  const auto machine = load_definition(definition);
  ASSERT_NE(machine, nullptr);
  EXPECT_EQ(machine->graph.states.size(), 2u);
  EXPECT_EQ(load_definition("[]"), nullptr);
}

}  // namespace
}  // namespace perdure::asl

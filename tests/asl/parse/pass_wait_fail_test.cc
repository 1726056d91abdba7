#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

TEST(PassTest, KeepsItsResultAsCompactText) {
  const auto pass = parsed<PassState>(machine_of(
      R"({"Type": "Pass", "Result": { "b.$": 1.0, "a" : [ 1 ] }, "ResultPath": "$.x",
          "End": true})"));
  EXPECT_EQ(pass.result.text(), R"({"b.$":1.0,"a":[1]})");
  ASSERT_TRUE(pass.fields.result_path.path);
  EXPECT_EQ(pass.fields.result_path.path->text(), "$.x");
  EXPECT_FALSE(pass.fields.parameters);
}

TEST(PassTest, ResultMayBeNullAndResultPathToo) {
  const auto pass = parsed<PassState>(
      machine_of(R"({"Type": "Pass", "Result": null, "ResultPath": null, "End": true})"));
  EXPECT_EQ(pass.result.text(), "null");
  EXPECT_TRUE(pass.fields.result_path.null);
  EXPECT_FALSE(parsed<PassState>(machine_of(R"({"Type": "Pass", "End": true})")).result);
}

TEST(WaitTest, FourForms) {
  const auto until = [](const std::string& field) {
    return parsed<WaitState>(machine_of(R"({"Type": "Wait", )" + field + R"(, "End": true})"))
        .until;
  };
  EXPECT_EQ(std::get<WaitState::Seconds>(until(R"("Seconds": 10)")).seconds, 10);
  EXPECT_EQ(std::get<WaitState::SecondsPath>(until(R"("SecondsPath": "$.s")")).path.text(), "$.s");
  EXPECT_EQ(
      std::get<WaitState::Timestamp>(until(R"("Timestamp": "1970-01-01T00:00:01.5Z")")).moment_ms,
      1500);
  EXPECT_EQ(std::get<WaitState::TimestampPath>(until(R"("TimestampPath": "$.t")")).path.text(),
            "$.t");
}

TEST(WaitTest, ExactlyOneForm) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Wait", "End": true})"),
              ElementsAre(schema("This object should have only one of the following fields: "
                                 "[SecondsPath, Seconds, TimestampPath, Timestamp]",
                                 "/States/X")));
  EXPECT_THAT(
      errors_of_state(R"({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.a", "End": true})"),
      ElementsAre(schema("There should only be one of the following fields: "
                         "[SecondsPath, Seconds, TimestampPath, Timestamp]",
                         "/States/X")));
}

TEST(WaitTest, ChecksNumbersAndMoments) {
  const auto errors = [](const std::string& field) {
    return errors_of_state(R"({"Type": "Wait", )" + field + R"(, "End": true})");
  };
  EXPECT_THAT(errors(R"("Seconds": -1)"),
              ElementsAre(schema("Minimum value is 0", "/States/X/Seconds")));
  EXPECT_THAT(errors(R"("Seconds": 100000000)"),
              ElementsAre(schema("Maximum value is 99999999", "/States/X/Seconds")));
  EXPECT_THAT(errors(R"("Seconds": "5")"),
              ElementsAre(schema("Expected value of type Integer", "/States/X/Seconds")));
  EXPECT_THAT(errors(R"("Seconds": 1.5)"),
              ElementsAre(schema("Expected value of type Integer", "/States/X/Seconds")));
  for (const std::string moment :
       {"2016-13-05T21:29:29Z", "05-12-2016T21:29:29Z", "2016-12-05T25:29:29Z",
        "2016-12-05T21:29:29", "{% '2016-03-14T01:59:00Z' %}"}) {
    EXPECT_THAT(
        errors(R"("Timestamp": ")" + moment + "\""),
        ElementsAre(schema("String does not match RFC3339 timestamp", "/States/X/Timestamp")));
  }
}

TEST(FailTest, TextsOrPaths) {
  const auto plain =
      parsed<FailState>(machine_of(R"({"Type": "Fail", "Error": "E", "Cause": "C"})"));
  EXPECT_EQ(plain.error, "E");
  EXPECT_EQ(plain.cause, "C");
  const auto paths = parsed<FailState>(machine_of(
      R"j({"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}', $.c)"})j"));
  EXPECT_EQ(paths.error_path->text(), "$.e");
  EXPECT_EQ(paths.cause_path->source(), PathExpression::Source::intrinsic);
  EXPECT_THAT(errors_of_state(R"({"Type": "Fail"})"), IsEmpty());
}

TEST(FailTest, NotBoth) {
  EXPECT_THAT(
      errors_of_state(R"({"Type": "Fail", "Error": "E", "ErrorPath": "$.e",
                          "Cause": "C", "CausePath": "$.c"})"),
      ElementsAre(schema("There should only be one of the following fields: [Error, ErrorPath]",
                         "/States/X"),
                  schema("There should only be one of the following fields: [Cause, CausePath]",
                         "/States/X")));
}

TEST(WarningsTest, LookAlikes) {
  EXPECT_THAT(
      warnings_of(machine_of(R"j({"Type": "Pass", "Parameters": {"a": "$.b", "c": ["States.UUID()"],
                                  "d.$": "$.e", "f": "$5"}, "End": true})j")),
      ElementsAre("NO_DOLLAR: No '.$' on a field that appears to be a JSONPath or Intrinsic "
                  "Function. at /States/X/Parameters/a",
                  "NO_DOLLAR: No '.$' on a field that appears to be a JSONPath or Intrinsic "
                  "Function. at /States/X/Parameters/c[0]"));
  EXPECT_THAT(
      warnings_of(machine_of(R"({"Type": "Pass", "Result": {"a.$": "$.b"}, "End": true})")),
      ElementsAre("PASS_RESULT_IS_STATIC: Attempt to use a path in the result of a pass state. at "
                  "/States/X/Result/a.$"));
  EXPECT_THAT(warnings_of(machine_of(R"({"Type": "Fail", "Cause": "$.error"})")),
              ElementsAre("NO_PATH: Field value looks like a path, but field name does not end "
                          "with 'Path'. at /States/X/Cause"));
}

}  // namespace
}  // namespace perdure::asl

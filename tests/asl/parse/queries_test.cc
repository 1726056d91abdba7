// Fields of JSONata states: what is refused when a definition is created.
#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

using ::testing::SizeIs;

std::string jsonata(const std::string& state) {
  return R"({"QueryLanguage": "JSONata", "StartAt": "X", "States": {"X": )" + state +
         R"(, "Y": {"Type": "Succeed"}}})";
}

std::string pass(const std::string& output) {
  return jsonata(R"({"Type": "Pass", "Next": "Y", "Output": )" + output + "}");
}

std::string error(const std::string& code, const std::string& message, const std::string& at) {
  return code + ": " + message + " at " + at;
}

TEST(QueriesTest, AreWholeTexts) {
  EXPECT_THAT(errors_of(pass(R"({"a": ["{% 1 %}", "no {% 2 %}", {"b": 3}]})")), IsEmpty());
  EXPECT_THAT(errors_of(pass(R"({"a": ["{% 1"]})")),
              ElementsAre(schema("JSONata string must start with {% and end with %}",
                                 "/States/X/Output/a[0]")));
}

TEST(QueriesTest, AreParsed) {
  EXPECT_THAT(errors_of(pass(R"("{% 1 + %}")")),
              ElementsAre(error("INVALID_JSONATA_EXPRESSION", "Unexpected end of expression",
                                "/States/X/Output")));
}

TEST(QueriesTest, HaveNoContextAtTheTopLevel) {
  EXPECT_THAT(
      errors_of(pass(R"("{% phone & $ %}")")),
      ElementsAre(
          error("UNSUPPORTED_JSONATA_EXPRESSION",
                "Reference to 'phone' at the top level is not supported.", "/States/X/Output"),
          error("UNSUPPORTED_JSONATA_EXPRESSION",
                "Reference to '$' at the top level is not supported.", "/States/X/Output")));
  EXPECT_THAT(errors_of(pass(R"("{% $$.a %}")")),
              ElementsAre(error("UNSUPPORTED_JSONATA_EXPRESSION",
                                "Reference to '$$' is not supported.", "/States/X/Output")));
}

TEST(QueriesTest, SeeTheResultAfterWorkAndTheErrorInACatcher) {
  const auto task = [](const std::string& more) {
    return jsonata(R"({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f",
                       "Next": "Y", )" +
                   more + "}");
  };
  EXPECT_THAT(errors_of(task(R"("Output": "{% $states.result %}",
      "Assign": {"r": "{% $states.result.a %}"},
      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Y",
                 "Output": "{% $states.errorOutput.Cause %}"}])")),
              IsEmpty());
  EXPECT_THAT(errors_of(task(R"("Arguments": "{% $states.result %}")")),
              ElementsAre(error("UNSUPPORTED_JSONATA_EXPRESSION",
                                "Field '$states.result' does not exist.", "/States/X/Arguments")));
  EXPECT_THAT(
      errors_of(task(R"("Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Y",
                                           "Assign": {"x": "{% $states.result %}"}}])")),
      ElementsAre(error("UNSUPPORTED_JSONATA_EXPRESSION", "Field '$states.result' does not exist.",
                        "/States/X/Catch[0]/Assign/x")));
  EXPECT_THAT(errors_of(pass(R"("{% $states.result %}")")), SizeIs(1));
}

TEST(QueriesTest, StandForNumbersAndTextsInSomeFields) {
  EXPECT_THAT(errors_of(jsonata(R"({"Type": "Wait", "Seconds": "{% 1 %}", "Next": "Y"})")),
              IsEmpty());
  EXPECT_THAT(errors_of(jsonata(R"({"Type": "Fail", "Error": "{% 'e' %}", "Cause": "c"})")),
              SizeIs(1));  // Y is not reached
  EXPECT_THAT(errors_of(jsonata(R"({"Type": "Wait", "Seconds": "1", "Next": "Y"})")),
              ElementsAre(schema("Expected value of type Integer", "/States/X/Seconds")));
  EXPECT_THAT(errors_of(jsonata(R"({"Type": "Choice", "Default": "Y",
                            "Choices": [{"Condition": "{% true %}", "Next": "Y"}]})")),
              IsEmpty());
  EXPECT_THAT(
      errors_of(jsonata(R"({"Type": "Choice", "Default": "Y",
                                    "Choices": [{"Condition": 1, "Next": "Y"}]})")),
      ElementsAre(schema("Expected value of type [BOOLEAN]", "/States/X/Choices[0]/Condition")));
}

}  // namespace
}  // namespace perdure::asl

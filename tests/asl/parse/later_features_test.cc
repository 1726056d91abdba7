// What AWS accepts and this engine does not run yet: refused with a code of our own, and only when
// nothing else is wrong.

#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

std::string jsonata(const std::string& state) {
  return R"({"QueryLanguage": "JSONata", "StartAt": "X", "States": {"X": )" + state + "}}";
}

TEST(LaterFeaturesTest, StandBackBehindMistakes) {
  EXPECT_THAT(errors_of(R"({"QueryLanguage": "JSONata", "StartAt": "X", "States": {
                "X": {"Type": "Pass", "Output": "{% 1 %}", "QueryLanguage": "JSONPath",
                      "End": true}}})"),
              ElementsAre(schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for "
                                 "whole state machine",
                                 "/States/X")));
  EXPECT_THAT(
      errors_of(jsonata(R"({"Type": "Pass", "Output": "{% 1", "End": true})")),
      ElementsAre(schema("JSONata string must start with {% and end with %}", "/States/X/Output")));
}

TEST(LaterFeaturesTest, JsonataStatesThatEvaluateNothingRun) {
  EXPECT_THAT(errors_of(jsonata(R"({"Type": "Pass", "End": true})")), IsEmpty());
  EXPECT_THAT(errors_of(R"({"QueryLanguage": "JSONPath", "StartAt": "X", "States": {
                "X": {"Type": "Map", "QueryLanguage": "JSONata", "End": true, "ItemProcessor": {
                  "ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "P", "States": {
                    "P": {"QueryLanguage": "JSONPath", "Type": "Pass", "End": true}}}}}})"),
              IsEmpty());
}

TEST(LaterFeaturesTest, LanguagesDoNotMix) {
  const auto wrong = [](const std::string& language, const std::string& field,
                        const std::string& other, const std::string& at = "/States/X") {
    return schema("The QueryLanguage is set to '" + language + "', but field '" + field +
                      "' is only supported for the '" + other + "' QueryLanguage",
                  at);
  };
  EXPECT_THAT(errors_of(jsonata(R"({"Type": "Pass", "InputPath": "$", "Result": 1, "End": true})")),
              ElementsAre(wrong("JSONata", "InputPath", "JSONPath"),
                          wrong("JSONata", "Result", "JSONPath")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Pass", "Output": 1, "End": true})"),
              ElementsAre(wrong("JSONPath", "Output", "JSONata")));
  EXPECT_THAT(errors_of(R"({"StartAt": "X", "States": {
                "X": {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "Y"}]},
                "Y": {"Type": "Succeed"}}})"),
              ElementsAre(wrong("JSONPath", "Condition", "JSONata", "/States/X/Choices[0]")));
}

TEST(LaterFeaturesTest, QueryLanguageIsOneOfTwo) {
  EXPECT_THAT(errors_of(R"({"QueryLanguage": "jsonata", "StartAt": "X",
                            "States": {"X": {"Type": "Succeed"}}})"),
              ElementsAre(schema("Value should be one of the following: [JSONPath, JSONata]",
                                 "/QueryLanguage")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Succeed", "QueryLanguage": 1})"),
              ElementsAre(schema("Expected value of type [STRING]", "/States/X/QueryLanguage")));
}

}  // namespace
}  // namespace perdure::asl

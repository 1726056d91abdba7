#include "api/aws/shape.h"

#include <gtest/gtest.h>

namespace perdure::api {
namespace {

Shape list_shape() {
  return structure({required("stateMachineArn", text(1, 256)),
                    optional("maxResults", integer(0, 1000)),
                    optional("statusFilter", one_of({"SUCCEEDED", "RUNNING"})),
                    optional("reverse", flag()), optional("trace", text(0, 9, "\\p{ASCII}*")),
                    optional("tags", list_of(structure({required("key", text(1, 3))}), 0, 2))});
}

std::string failure(const Json& input) {
  const auto result = check_input(list_shape(), input);
  return result ? "" : result.error().name + ": " + result.error().cause;
}

TEST(Shape, LetsGoodInputPass) {
  EXPECT_EQ(failure({{"stateMachineArn", "a"},
                     {"maxResults", 1000},
                     {"reverse", true},
                     {"unknown", {1, 2}},
                     {"trace", nullptr}}),
            "");
  EXPECT_EQ(failure({{"stateMachineArn", "a"}, {"maxResults", 10.0}}), "");
}

// The texts are those that AWS gave (recorded for Step Functions).
TEST(Shape, NamesConstraintsInAwsWords) {
  EXPECT_EQ(failure({{"stateMachineArn", "a"}, {"maxResults", 1001}}),
            "ValidationException: 1 validation error detected: Value '1001' at 'maxResults' failed "
            "to satisfy constraint: Member must have value less than or equal to 1000");
  EXPECT_EQ(
      failure({{"stateMachineArn", "a"}, {"statusFilter", "succeeded"}}),
      "ValidationException: 1 validation error detected: Value 'succeeded' at 'statusFilter' "
      "failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, RUNNING]");
  EXPECT_EQ(failure({{"stateMachineArn", std::string(257, 'x')}}),
            "ValidationException: 1 validation error detected: Value '" + std::string(257, 'x') +
                "' at 'stateMachineArn' failed to satisfy constraint: Member must have length less "
                "than or equal to 256");
}

TEST(Shape, JoinsSeveralErrors) {
  EXPECT_EQ(failure({{"maxResults", -1}}),
            "ValidationException: 2 validation errors detected: Value null at 'stateMachineArn' "
            "failed to satisfy constraint: Member must not be null; Value '-1' at 'maxResults' "
            "failed to satisfy constraint: Member must have value greater than or equal to 0");
}

TEST(Shape, LooksIntoLists) {
  EXPECT_EQ(failure({{"stateMachineArn", "a"}, {"tags", {{{"key", ""}}}}}),
            "ValidationException: 1 validation error detected: Value '' at 'tags.1.member.key' "
            "failed to satisfy constraint: Member must have length greater than or equal to 1");
  EXPECT_NE(failure({{"stateMachineArn", "a"}, {"trace", "\xC3\xA9"}}).find("regular expression"),
            std::string::npos);
}

TEST(Shape, RefusesOtherTypesBeforeConstraints) {
  EXPECT_EQ(failure({{"stateMachineArn", 5}, {"maxResults", 5000}}),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(failure({{"maxResults", "5"}}),
            "SerializationException: STRING_VALUE can not be converted to a Integer");
  EXPECT_EQ(failure({{"reverse", 1}}),
            "SerializationException: NUMBER_VALUE can not be converted to Boolean");
  EXPECT_EQ(failure({{"stateMachineArn", Json::object()}}),
            "SerializationException: Start of structure or map found where not expected.");
  EXPECT_EQ(failure({{"tags", 5}}), "SerializationException: Unexpected field type");
  EXPECT_EQ(failure({{"tags", Json::object()}}),
            "SerializationException: Start of structure or map found where not expected.");
}

TEST(Shape, StaysShortForHostileLists) {
  Json tags = Json::array();
  for (int i = 0; i < 100'000; ++i) tags.push_back({{"key", ""}});
  EXPECT_LT(failure({{"stateMachineArn", "a"}, {"tags", tags}}).size(), 4'000'000u);
}

TEST(Shape, CountsTextAsUtf16) {
  EXPECT_EQ(text_length("abc"), 3);
  EXPECT_EQ(text_length("\xC3\xA9"), 1);          // é
  EXPECT_EQ(text_length("\xF0\x9F\x98\x80"), 2);  // an emoji: two units
}

}  // namespace
}  // namespace perdure::api

#include "api/aws/in_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace perdure::api {
namespace {

using testing::HasSubstr;

// A service that answers with what it was given, and with moments and maps.
Service echo_service() {
  Shape input = structure({required("taskToken", text(1, 10)), optional("output", text()),
                           optional("when", moment()),
                           optional("tags", list_of(structure({optional("key", text())})))});
  const auto echo = [](const Call& call) -> Result<Answer> {
    if (call.input().text("taskToken") == "missing") {
      return invalid("InvalidToken", "Invalid Token: 'Invalid token'");
    }
    return Answer({{"given", call.json},
                   {"startDate", 1.5},
                   {"count", 2},
                   {"account", call.tenant.account},
                   {"variableReferences", {{"aState", Json::array()}}}});
  };
  return {"states", Protocol::json, "1.0", "T", {{"SendTaskSuccess", input, at_once(echo)}}};
}

class InProcessTest : public ::testing::Test {
 protected:
  InProcessTest() { services_.add(echo_service()); }
  executors::ServiceAnswer call(const Json& parameters) {
    std::optional<executors::ServiceAnswer> answer;
    services_.call({"111122223333", "eu-west-1"}, "sfn", "sendTaskSuccess", parameters,
                   [&](auto given) { answer = std::move(given); });
    EXPECT_TRUE(answer);
    return *answer;
  }

  SystemClock clock_;
  RequestIds ids_{1};
  InProcessServices services_{clock_, ids_};
};

TEST_F(InProcessTest, knows_services_and_actions_by_their_names_in_an_sdk) {
  EXPECT_TRUE(services_.has("sfn", "sendTaskSuccess"));
  EXPECT_FALSE(services_.has("sfn", "sendTaskFailure"));
  EXPECT_FALSE(services_.has("states", "sendTaskSuccess"));
  EXPECT_FALSE(services_.has("dynamodb", "getItem"));
  EXPECT_EQ(services_.display_name("sfn"), "Sfn");
  EXPECT_EQ(services_.display_name("nothing"), "");
}

TEST_F(InProcessTest, members_go_in_as_the_shape_says_and_come_out_as_the_sdk_says) {
  const auto answer = call({{"TaskToken", "t"},
                            {"Output", {{"a", Json::array({1})}}},
                            {"When", "1970-01-01T00:00:02Z"},
                            {"Tags", Json::array({{{"Key", "k"}}})},
                            {"Unknown", 1}});
  ASSERT_FALSE(answer.error);
  EXPECT_FALSE(answer.request_id.empty());
  EXPECT_EQ(answer.output["Given"]["TaskToken"], "t");
  EXPECT_EQ(answer.output["Given"]["Output"], "{\"a\":[1]}");
  EXPECT_EQ(answer.output["Given"]["When"], 2.0);
  EXPECT_FALSE(answer.output["Given"].contains("Unknown"));
  EXPECT_EQ(answer.output["StartDate"], "1970-01-01T00:00:01.500Z");
  EXPECT_EQ(answer.output["Count"], 2);
  EXPECT_EQ(answer.output["Account"], "111122223333");
  EXPECT_TRUE(answer.output["VariableReferences"].contains("aState"));
}

TEST_F(InProcessTest, refusals_are_told_with_their_code) {
  const auto refused = call({{"taskToken", "missing"}});
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code, "InvalidToken");
  EXPECT_EQ(refused.error->status, 400);
  EXPECT_TRUE(refused.error->modelled);
  const auto invalid = call({{"TaskToken", nullptr}});
  ASSERT_TRUE(invalid.error);
  EXPECT_EQ(invalid.error->code, "ValidationException");
  EXPECT_THAT(invalid.error->message, HasSubstr("taskToken"));
  const auto wrong = call({{"TaskToken", "t"}, {"Tags", 5}});
  ASSERT_TRUE(wrong.error);
  EXPECT_EQ(wrong.error->code, "SerializationException");
  EXPECT_FALSE(wrong.error->modelled);
}

}  // namespace
}  // namespace perdure::api

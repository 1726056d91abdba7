// A function's policy.

#include "tests/api/lambda/catalog_fixture.h"

namespace perdure::api {
namespace {

class PermissionsTest : public CatalogTest {
 protected:
  static constexpr char path[] = "/2015-03-31/functions/f/policy";
  std::pair<int, Json> add(Json statement, const std::string& query = "") {
    statement["Action"] = "lambda:InvokeFunction";
    if (!statement.contains("StatementId")) statement["StatementId"] = "s";
    return call("POST", path + query, statement);
  }
  Json statement_for(const std::string& principal) {
    const auto [status, json] = add({{"Principal", principal}});
    EXPECT_EQ(status, 201) << json;
    call("DELETE", std::string(path) + "/s");
    return *parse_json(json["Statement"].get<std::string>());
  }
};

TEST_F(PermissionsTest, WhoIsMeant) {
  EXPECT_EQ(statement_for("events.amazonaws.com")["Principal"]["Service"], "events.amazonaws.com");
  EXPECT_EQ(statement_for("222222222222")["Principal"]["AWS"], "arn:aws:iam::222222222222:root");
  EXPECT_EQ(statement_for("*")["Principal"], "*");
  EXPECT_EQ(add({{"Principal", "somebody"}}).second,
            "InvalidParameterValueException: The provided principal was invalid. Please check the "
            "principal and try again.");
  EXPECT_EQ(add({{"Principal", "*"}}, "?Qualifier=$LATEST").second,
            "InvalidParameterValueException: We currently do not support adding policies for "
            "$LATEST.");
  EXPECT_EQ(add({{"Principal", "*"}}, "?Qualifier=live").first, 201);
}

TEST_F(PermissionsTest, ACallThroughTheUrlIsACondition) {
  const Json answer = add({{"Principal", "*"}, {"InvokedViaFunctionUrl", true}}).second;
  const Json statement = *parse_json(answer["Statement"].get<std::string>());
  EXPECT_EQ(statement["Condition"]["Bool"]["lambda:InvokedViaFunctionUrl"], "true");
}

TEST_F(PermissionsTest, AnOutdatedRevisionChangesNothing) {
  add({{"Principal", "*"}});
  const std::string first = call("GET", path).second["RevisionId"].get<std::string>();
  const Json second = {{"Principal", "*"}, {"StatementId", "t"}, {"RevisionId", first}};
  EXPECT_EQ(add(second).first, 201);
  EXPECT_NE(call("GET", path).second["RevisionId"], first);
  const std::string text =
      "PreconditionFailedException: The RevisionId provided does not match the latest RevisionId. "
      "Call the GetPolicy API to retrieve the latest Revision Id";
  const auto [status, refused] = call("DELETE", std::string(path) + "/s?RevisionId=" + first);
  EXPECT_EQ(status, 412);
  EXPECT_EQ(refused, text);
  EXPECT_EQ(add({{"Principal", "*"}, {"StatementId", "u"}, {"RevisionId", first}}).second, text);
  EXPECT_EQ(call("DELETE", std::string(path) + "/t").first, 204);
  EXPECT_EQ(call("GET", path).second["RevisionId"], first) << "it says again what it said then";
}

}  // namespace
}  // namespace perdure::api

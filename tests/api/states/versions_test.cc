// Versions and aliases as AWS's operations.

#include "tests/api/states/states_fixture.h"

namespace perdure::api {
namespace {

constexpr const char* pass = R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}})";
constexpr const char* other = R"({"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}})";

class Versions : public StatesTest {
 protected:
  const std::string machine = machine_arn;
  std::string version(int number) { return machine + ":" + std::to_string(number); }

  Json create(bool published) {
    Json input = {{"name", "m"}, {"definition", pass}, {"roleArn", role}};
    if (published) input["publish"] = true;
    return ok("CreateStateMachine", input);
  }
  Json update(const std::string& definition) {
    return ok("UpdateStateMachine",
              {{"stateMachineArn", machine}, {"definition", definition}, {"publish", true}});
  }
  Json routed(int weight, int number) {
    return {{"stateMachineVersionArn", version(number)}, {"weight", weight}};
  }
  Json alias_input(const Json& routes) {
    return {{"name", "live"}, {"routingConfiguration", routes}};
  }
};

TEST_F(Versions, AreNumberedAndListedNewestFirst) {
  EXPECT_EQ(create(true).at("stateMachineVersionArn"), version(1));
  EXPECT_EQ(update(pass).at("stateMachineVersionArn"), version(1)) << "the same revision";
  EXPECT_EQ(update(other).at("stateMachineVersionArn"), version(2));
  const Json input = {{"stateMachineArn", machine}, {"maxResults", 1}};
  const Json first = ok("ListStateMachineVersions", input);
  EXPECT_EQ(first["stateMachineVersions"][0]["stateMachineVersionArn"], version(2));
  Json next = input;
  next["nextToken"] = first.at("nextToken");
  const Json second = ok("ListStateMachineVersions", next);
  EXPECT_EQ(second["stateMachineVersions"][0]["stateMachineVersionArn"], version(1));
  EXPECT_FALSE(second.contains("nextToken"));
}

// Recorded: test_publish_state_machine_version.
TEST_F(Versions, PublishingIsGuardedByTheRevision) {
  create(false);
  const Json wrong = {{"stateMachineArn", machine}, {"revisionId", "r"}};
  EXPECT_EQ(failure("PublishStateMachineVersion", wrong),
            "ConflictException: Failed to publish the State Machine version for revision r. The "
            "current State Machine revision is INITIAL.");
  Json initial = wrong;
  initial["revisionId"] = "INITIAL";
  EXPECT_EQ(ok("PublishStateMachineVersion", initial).at("stateMachineVersionArn"), version(1));
  EXPECT_EQ(
      failure("PublishStateMachineVersion", Json::object({{"stateMachineArn", machine + "x"}})),
      "StateMachineDoesNotExist: State Machine Does Not Exist: '" + machine + "x'");
}

TEST_F(Versions, AliasesAreDescribedChangedAndDeleted) {
  create(true);
  update(other);
  const std::string alias = machine + ":live";
  EXPECT_EQ(ok("CreateStateMachineAlias", alias_input(Json::array({routed(100, 1)})))
                .at("stateMachineAliasArn"),
            alias);
  EXPECT_EQ(
      failure("DeleteStateMachineVersion", Json::object({{"stateMachineVersionArn", version(1)}}))
          .find("ConflictException"),
      0u);
  const Json of_alias = Json::object({{"stateMachineAliasArn", alias}});
  Json change = of_alias;
  change["routingConfiguration"] = {routed(30, 1), routed(70, 2)};
  ok("UpdateStateMachineAlias", change);
  const Json described = ok("DescribeStateMachineAlias", of_alias);
  EXPECT_EQ(described["routingConfiguration"], (Json{routed(30, 1), routed(70, 2)}));
  EXPECT_EQ(described["name"], "live");
  EXPECT_FALSE(described.contains("description"));
  const Json listed =
      ok("ListStateMachineAliases", Json::object({{"stateMachineArn", version(2)}}));
  EXPECT_EQ(listed["stateMachineAliases"][0]["stateMachineAliasArn"], alias);
  ok("DeleteStateMachineAlias", of_alias);
  EXPECT_EQ(failure("DescribeStateMachineAlias", of_alias),
            "ResourceNotFound: Request references a resource that does not exist.");
  ok("DeleteStateMachineAlias", of_alias);
  ok("DeleteStateMachineVersion", Json::object({{"stateMachineVersionArn", version(1)}}));
}

TEST_F(Versions, RoutingIsChecked) {
  create(true);
  update(other);
  const auto refused = [&](const Json& routes) {
    return failure("CreateStateMachineAlias", alias_input(routes));
  };
  // Recorded: test_error_create_alias_with_state_machine_arn.
  EXPECT_EQ(refused(Json::array({Json{{"stateMachineVersionArn", machine}, {"weight", 100}}})),
            "ValidationException: Routing configuration must contain state machine version ARNs. "
            "Received: [" +
                machine + "]");
  EXPECT_NE(refused(Json::array({routed(50, 1), routed(49, 2)})).find("must equal 100"),
            std::string::npos);
  EXPECT_NE(refused(Json::array({routed(50, 1), routed(50, 1)})).find("distinct"),
            std::string::npos);
  EXPECT_NE(refused(Json::array()).find("greater than or equal to 1"), std::string::npos);
  EXPECT_NE(refused(Json::array({routed(50, 1), routed(25, 2), routed(25, 3)}))
                .find("less than or equal to 2"),
            std::string::npos);
  EXPECT_EQ(refused(Json::array({routed(100, 9)})),
            "ResourceNotFound: Request references a resource that does not exist.");
  Json digits = alias_input(Json::array({routed(100, 1)}));
  digits["name"] = "123";
  EXPECT_NE(failure("CreateStateMachineAlias", digits).find("must satisfy regular expression"),
            std::string::npos);
}

TEST_F(Versions, ADescribedVersionIsWhatWasPublished) {
  Json input = {{"name", "m"},
                {"definition", pass},
                {"roleArn", role},
                {"publish", true},
                {"versionDescription", "first"}};
  ok("CreateStateMachine", input);
  engine_.definitions[engine_.machines.records.at(machine).definition_hash] = pass;
  update(other);
  const Json described =
      ok("DescribeStateMachine", Json::object({{"stateMachineArn", version(1)}}));
  EXPECT_EQ(described["definition"], pass);
  EXPECT_EQ(described["stateMachineArn"], version(1));
  EXPECT_EQ(described["description"], "first");
  EXPECT_EQ(failure("DescribeStateMachine", Json::object({{"stateMachineArn", version(7)}})),
            "StateMachineDoesNotExist: State Machine Does Not Exist: '" + version(7) + "'");
}

}  // namespace
}  // namespace perdure::api

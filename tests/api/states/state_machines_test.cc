#include "tests/api/states/states_fixture.h"

namespace perdure::api {
namespace {

constexpr const char* pass = R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}})";

class StateMachinesTest : public StatesTest {
 protected:
  Json create_input(const std::string& name = "m") {
    return {{"name", name}, {"definition", pass}, {"roleArn", role}};
  }
};

TEST_F(StateMachinesTest, CreatesAndDescribes) {
  EXPECT_EQ(ok("CreateStateMachine", create_input()),
            (Json{{"stateMachineArn", machine_arn}, {"creationDate", 1763702869.123}}));
  EXPECT_EQ(ok("DescribeStateMachine", {{"stateMachineArn", machine_arn}}),
            (Json{{"creationDate", 1763702869.123},
                  {"definition", pass},
                  {"encryptionConfiguration", {{"type", "AWS_OWNED_KEY"}}},
                  {"loggingConfiguration", {{"includeExecutionData", false}, {"level", "OFF"}}},
                  {"name", "m"},
                  {"roleArn", role},
                  {"stateMachineArn", machine_arn},
                  {"status", "ACTIVE"},
                  {"tracingConfiguration", {{"enabled", false}}},
                  {"type", "STANDARD"}}));
}

TEST_F(StateMachinesTest, RefusesWhatIsNoDefinition) {
  Json input = create_input();
  input["definition"] = R"({"StartAt": "A"})";
  EXPECT_EQ(failure("CreateStateMachine", input),
            "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These "
            "fields are required: [States] at /'");
  EXPECT_TRUE(engine_.machines.records.empty());
}

TEST_F(StateMachinesTest, RefusesNamesAndRoles) {
  EXPECT_EQ(failure("CreateStateMachine", create_input("a b")), "InvalidName: Invalid Name: 'a b'");
  Json input = create_input();
  input["roleArn"] = "role";
  EXPECT_EQ(failure("CreateStateMachine", input),
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: role'");
}

// Recorded: test_sfn_api_logs.
TEST_F(StateMachinesTest, ChecksTheLoggingConfiguration) {
  Json input = create_input();
  input["loggingConfiguration"] = {{"level", "ALL"}};
  EXPECT_EQ(failure("CreateStateMachine", input),
            "InvalidLoggingConfiguration: Invalid Logging Configuration: Must specify exactly one "
            "Log Destination.");
  input["loggingConfiguration"] = {{"destinations", Json::array()}};
  ok("CreateStateMachine", input);
  EXPECT_EQ(
      ok("DescribeStateMachine", {{"stateMachineArn", machine_arn}})["loggingConfiguration"],
      (Json{{"destinations", Json::array()}, {"includeExecutionData", false}, {"level", "OFF"}}));
}

TEST_F(StateMachinesTest, ADescriptionNeedsAVersion) {
  Json input = create_input();
  input["versionDescription"] = "HelloWorld!";
  EXPECT_EQ(failure("CreateStateMachine", input),
            "ValidationException: Version description can only be set when publish is true");
}

// Recorded: test_create_update_state_machine_base_update_none.
TEST_F(StateMachinesTest, Updates) {
  ok("CreateStateMachine", create_input());
  EXPECT_EQ(failure("UpdateStateMachine", {{"stateMachineArn", machine_arn}}),
            "MissingRequiredParameter: Either the definition, the role ARN, the "
            "LoggingConfiguration, or the TracingConfiguration must be specified");
  const Json answer =
      ok("UpdateStateMachine", {{"stateMachineArn", machine_arn}, {"roleArn", "arn:x"}});
  EXPECT_EQ(answer.at("revisionId"), "revision-1");
  EXPECT_EQ(ok("DescribeStateMachine", {{"stateMachineArn", machine_arn}})["revisionId"],
            "revision-1");
  EXPECT_EQ(failure("UpdateStateMachine",
                    {{"stateMachineArn", std::string(machine_arn) + ":2"}, {"roleArn", "arn:x"}}),
            "StateMachineDoesNotExist: State Machine Does Not Exist: '" + std::string(machine_arn) +
                ":2'");
}

TEST_F(StateMachinesTest, ListPagesByName) {
  for (const char* name : {"c", "a", "b"}) ok("CreateStateMachine", create_input(name));
  const Json first = ok("ListStateMachines", {{"maxResults", 2}});
  EXPECT_EQ(first["stateMachines"][0]["name"], "a");
  EXPECT_EQ(first["stateMachines"][1]["name"], "b");
  const Json rest = ok("ListStateMachines", {{"nextToken", first.at("nextToken")}});
  EXPECT_EQ(rest["stateMachines"].size(), 1u);
  EXPECT_EQ(rest["stateMachines"][0]["name"], "c");
  EXPECT_FALSE(rest.contains("nextToken"));
}

TEST_F(StateMachinesTest, DeletingTheUnknownSucceeds) {
  EXPECT_EQ(ok("DeleteStateMachine", {{"stateMachineArn", machine_arn}}), Json::object());
  EXPECT_EQ(failure("DeleteStateMachine", {{"stateMachineArn", "not_a_valid_arn"}}),
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'");
}

// Recorded: test_sfn_api_validation.
TEST_F(StateMachinesTest, Validates) {
  EXPECT_EQ(ok("ValidateStateMachineDefinition", {{"definition", pass}}),
            (Json{{"result", "OK"}, {"diagnostics", Json::array()}, {"truncated", false}}));
  EXPECT_EQ(ok("ValidateStateMachineDefinition", {{"definition", "{}"}}),
            (Json{{"result", "FAIL"},
                  {"truncated", false},
                  {"diagnostics",
                   {{{"code", "SCHEMA_VALIDATION_FAILED"},
                     {"location", "/"},
                     {"message", "These fields are required: [States, StartAt]"},
                     {"severity", "ERROR"}}}}}));
}

// Recorded: test_sfn_api_tagging.
TEST_F(StateMachinesTest, Tags) {
  ok("CreateStateMachine", create_input());
  const Json resource = Json::object({{"resourceArn", machine_arn}});
  EXPECT_EQ(ok("ListTagsForResource", resource), (Json::object({{"tags", Json::array()}})));
  Json input = resource;
  input["tags"] = {{{"key", "key1"}, {"value", "old"}},
                   {{"key", "key1"}, {"value", "value1"}},
                   {{"key", "key2"}, {"value", ""}}};
  ok("TagResource", input);
  EXPECT_EQ(ok("ListTagsForResource", resource)["tags"],
            (Json{{{"key", "key1"}, {"value", "value1"}}, {{"key", "key2"}, {"value", ""}}}));
  Json keys = resource;
  keys["tagKeys"] = {"key1", "key1"};
  ok("UntagResource", keys);
  EXPECT_EQ(ok("ListTagsForResource", resource)["tags"].size(), 1u);
  EXPECT_EQ(failure("ListTagsForResource", {{"resourceArn", std::string(machine_arn) + ":1"}}),
            "ResourceNotFound: Resource not found: '" + std::string(machine_arn) + ":1'");
}

TEST_F(StateMachinesTest, AtMostFiftyTags) {
  ok("CreateStateMachine", create_input());
  Json input = {{"resourceArn", machine_arn}, {"tags", Json::array()}};
  for (int i = 0; i < 51; ++i) input["tags"].push_back({{"key", std::to_string(i)}, {"value", ""}});
  EXPECT_EQ(failure("TagResource", input).find("TooManyTags"), 0u);
}

TEST_F(StateMachinesTest, TaskCallbacks) {
  EXPECT_EQ(ok("SendTaskSuccess", {{"taskToken", "t"}, {"output", "{}"}}), Json::object());
  ok("SendTaskFailure", {{"taskToken", "t"}, {"error", "E"}});
  EXPECT_EQ(engine_.tasks[0], (std::vector<std::string>{"success", "t", "{}"}));
  EXPECT_EQ(engine_.tasks[1], (std::vector<std::string>{"failure", "t", "E", "-"}));
  engine_.task_answer = Error{ErrorKind::not_found, "TaskDoesNotExist", "no"};
  EXPECT_EQ(failure("SendTaskHeartbeat", {{"taskToken", "t"}}), "TaskDoesNotExist: no");
}

}  // namespace
}  // namespace perdure::api

#include "tests/api/states/states_fixture.h"

namespace perdure::api {
namespace {

using Starts = StatesTest;

TEST_F(Starts, PassesTheInputTextOnUnchanged) {
  add_machine("m");
  const Json answer =
      ok("StartExecution",
         {{"stateMachineArn", machine_arn}, {"name", "n"}, {"input", "{ \"a\" : 1.0 }"}});
  EXPECT_EQ(answer, (Json{{"executionArn", "arn:aws:states:us-east-1:000000000000:execution:m:n"},
                          {"startDate", 1763702869.123}}));
  ASSERT_EQ(engine_.starts.size(), 1u);
  EXPECT_EQ(engine_.starts[0].input, "{ \"a\" : 1.0 }");
  EXPECT_EQ(engine_.starts[0].name, "n");
}

TEST_F(Starts, AbsentInputIsAnEmptyObject) {
  add_machine("m");
  ok("StartExecution", {{"stateMachineArn", machine_arn}});
  EXPECT_EQ(engine_.starts[0].input, "{}");
}

// Recorded: test_invalid_start_execution_input.
TEST_F(Starts, RefusesInputThatIsNotJson) {
  add_machine("m");
  EXPECT_EQ(failure("StartExecution", {{"stateMachineArn", machine_arn}, {"input", ""}}),
            "InvalidExecutionInput: Invalid State Machine Execution Input: 'Invalid execution "
            "input.'");
  EXPECT_EQ(
      failure("StartExecution", {{"stateMachineArn", machine_arn}, {"input", "not some json"}}),
      "InvalidExecutionInput: Invalid State Machine Execution Input: 'Unrecognized token "
      "'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
      "'false')'");
  EXPECT_EQ(
      failure("StartExecution", {{"stateMachineArn", machine_arn}, {"input", "{'not': 'json'"}}),
      "InvalidExecutionInput: Invalid State Machine Execution Input: 'Unexpected character "
      "(''' (code 39)): was expecting double-quote to start field name'");
  for (const char* good : {"2", "\"some text\"", "null"}) {
    ok("StartExecution", {{"stateMachineArn", machine_arn}, {"input", good}});
  }
  EXPECT_EQ(engine_.starts.size(), 3u);
}

TEST_F(Starts, RefusesDepthAndSize) {
  add_machine("m");
  const std::string deep(100'000, '[');
  EXPECT_NE(failure("StartExecution", {{"stateMachineArn", machine_arn}, {"input", deep}})
                .find("InvalidExecutionInput"),
            std::string::npos);
  const std::string large = "\"" + std::string(262'143, 'x') + "\"";
  EXPECT_NE(failure("StartExecution", {{"stateMachineArn", machine_arn}, {"input", large}})
                .find("Member must have length less than or equal to 262144"),
            std::string::npos);
}

TEST_F(Starts, RefusesForbiddenCharactersInNames) {
  add_machine("m");
  for (const char* name : {"a b",
                           "a<b",
                           "a>b",
                           "a{b",
                           "a}b",
                           "a[b",
                           "a]b",
                           "a?b",
                           "a*b",
                           "a\"b",
                           "a#b",
                           "a%b",
                           "a\\b",
                           "a^b",
                           "a|b",
                           "a~b",
                           "a`b",
                           "a$b",
                           "a&b",
                           "a,b",
                           "a;b",
                           "a:b",
                           "a/b",
                           "a\nb",
                           "a\x7F"
                           "b",
                           "a\xC2\x85"
                           "b",
                           "a\xE2\x80\x83"
                           "b"}) {
    EXPECT_EQ(failure("StartExecution", {{"stateMachineArn", machine_arn}, {"name", name}}),
              "InvalidName: Invalid Name: '" + std::string(name) + "'");
  }
  ok("StartExecution", {{"stateMachineArn", machine_arn}, {"name", "Zürich-1_2.3+4=(5)!@"}});
}

TEST_F(Starts, SyncNeedsExpress) {
  add_machine("m");
  EXPECT_EQ(failure("StartSyncExecution", {{"stateMachineArn", machine_arn}}),
            "StateMachineTypeNotSupported: This operation is not supported by this type of state "
            "machine");
  EXPECT_EQ(failure("StartSyncExecution", {{"stateMachineArn", std::string(machine_arn) + "x"}}),
            "StateMachineDoesNotExist: State Machine Does Not Exist: '" + std::string(machine_arn) +
                "x'");
}

// Recorded: express/test_express_sync.
TEST_F(Starts, SyncAnswersWithTheOutput) {
  add_machine("m", asl::MachineType::express);
  engine_.closed = {"arn:x",       "n",  machine_arn,        asl::ExecutionStatus::failed,
                    1000,          1150, asl::Payload("{}"), {},
                    "SomeFailure", "why"};
  EXPECT_EQ(ok("StartSyncExecution", {{"stateMachineArn", machine_arn}}),
            (Json{{"billingDetails",
                   {{"billedDurationInMilliseconds", 200}, {"billedMemoryUsedInMB", 64}}},
                  {"error", "SomeFailure"},
                  {"cause", "why"},
                  {"executionArn", "arn:x"},
                  {"input", "{}"},
                  {"inputDetails", {{"included", true}}},
                  {"name", "n"},
                  {"outputDetails", {{"included", true}}},
                  {"startDate", 1.0},
                  {"stopDate", 1.15},
                  {"stateMachineArn", machine_arn},
                  {"status", "FAILED"}}));
}

TEST_F(Starts, StopPassesErrorAndCause) {
  const std::string arn = "arn:aws:states:us-east-1:000000000000:execution:m:n";
  EXPECT_EQ(ok("StopExecution", {{"executionArn", arn}, {"error", "E"}}),
            (Json::object({{"stopDate", 1763702870.5}})));
  EXPECT_EQ(engine_.stops[0], (std::vector<std::string>{arn, "E", "-"}));
  EXPECT_EQ(failure("StopExecution",
                    {{"executionArn", "arn:aws:states:us-east-1:000000000000:express:m:n:u"}}),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'");
}

}  // namespace
}  // namespace perdure::api

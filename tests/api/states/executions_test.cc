#include "api/states/paging.h"
#include "tests/api/states/states_fixture.h"

namespace perdure::api {
namespace {

class Executions : public StatesTest {
 protected:
  static constexpr const char* execution_arn =
      "arn:aws:states:us-east-1:000000000000:execution:m:n";

  engine::ExecutionRecord record(const std::string& name, int64_t start_ms,
                                 const std::string& status = "SUCCEEDED") {
    engine::ExecutionRecord record;
    record.arn = engine::execution_arn({}, "m", name);
    record.machine_arn = machine_arn;
    record.name = name;
    record.status = status;
    record.start_ms = start_ms;
    record.stop_ms = status == "RUNNING" ? 0 : start_ms + 500;
    return record;
  }
  void add_view(const std::string& status) {
    engine::ExecutionView view;
    view.record = record("n", 1000, status);
    view.identity.arn = execution_arn;
    view.identity.definition_hash = "hash";
    view.identity.machine_arn = machine_arn;
    view.identity.machine_name = "m";
    view.identity.role_arn = role;
    view.input = asl::Payload("{ }");
    if (status == "SUCCEEDED") view.output = asl::Payload("[1,2]");
    view.not_redrivable = "Execution is " + status + " and cannot be redriven";
    engine_.views[execution_arn] = view;
  }
  std::vector<std::string> names(const Json& answer) {
    std::vector<std::string> names;
    for (const Json& item : answer.at("executions"))
      names.push_back(item.at("name").get<std::string>());
    return names;
  }
};

// Recorded: test_describe_execution_arn_containing_punctuation, test_event_bridge_events_base.
TEST_F(Executions, DescribeShowsWhatAwsShows) {
  add_view("SUCCEEDED");
  EXPECT_EQ(ok("DescribeExecution", {{"executionArn", execution_arn}}),
            (Json{{"executionArn", execution_arn},
                  {"stateMachineArn", machine_arn},
                  {"name", "n"},
                  {"status", "SUCCEEDED"},
                  {"startDate", 1.0},
                  {"stopDate", 1.5},
                  {"input", "{ }"},
                  {"inputDetails", {{"included", true}}},
                  {"output", "[1,2]"},
                  {"outputDetails", {{"included", true}}},
                  {"redriveCount", 0},
                  {"redriveStatus", "NOT_REDRIVABLE"},
                  {"redriveStatusReason", "Execution is SUCCEEDED and cannot be redriven"}}));
  add_view("RUNNING");
  const Json running = ok("DescribeExecution", {{"executionArn", execution_arn}});
  EXPECT_FALSE(running.contains("stopDate"));
  EXPECT_FALSE(running.contains("outputDetails"));
}

TEST_F(Executions, DescribeWithoutData) {
  add_view("SUCCEEDED");
  const Json answer =
      ok("DescribeExecution", {{"executionArn", execution_arn}, {"includedData", "METADATA_ONLY"}});
  EXPECT_FALSE(answer.contains("input"));
  EXPECT_FALSE(answer.contains("output"));
  EXPECT_EQ(answer["inputDetails"], (Json::object({{"included", false}})));
}

TEST_F(Executions, WrongArns) {
  EXPECT_EQ(failure("DescribeExecution", {{"executionArn", "invalid_state_machine_arn"}}),
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: invalid_state_machine_arn'");
  EXPECT_EQ(
      failure("GetExecutionHistory", {{"executionArn", execution_arn}}),
      "ExecutionDoesNotExist: Execution Does Not Exist: '" + std::string(execution_arn) + "'");
  EXPECT_EQ(failure("DescribeExecution", {{"executionArn", machine_arn}}),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: stateMachine'");
}

TEST_F(Executions, DescribesTheMachineAsItWas) {
  add_view("SUCCEEDED");
  add_machine("m");
  engine_.definitions["hash"] = "{\"old\": true}";
  const Json answer = ok("DescribeStateMachineForExecution", {{"executionArn", execution_arn}});
  EXPECT_EQ(answer["definition"], "{\"old\": true}");
  EXPECT_EQ(answer["roleArn"], role);
  EXPECT_EQ(answer["loggingConfiguration"],
            (Json{{"includeExecutionData", false}, {"level", "OFF"}}));
}

TEST_F(Executions, ListPages) {
  add_machine("m");
  for (int i = 5; i >= 1; --i) engine_.listed.push_back(record("e" + std::to_string(i), i * 1000));
  const Json first = ok("ListExecutions", {{"stateMachineArn", machine_arn}, {"maxResults", 2}});
  EXPECT_EQ(names(first), (std::vector<std::string>{"e5", "e4"}));
  const std::string token = first.at("nextToken").get<std::string>();
  const Json second =
      ok("ListExecutions",
         {{"stateMachineArn", machine_arn}, {"maxResults", 3}, {"nextToken", token}});
  EXPECT_EQ(names(second), (std::vector<std::string>{"e3", "e2", "e1"}));
  EXPECT_FALSE(second.contains("nextToken"));
}

TEST_F(Executions, TokensAreCheckedAndBelongToTheirQuestion) {
  add_machine("m");
  for (int i = 3; i >= 1; --i) engine_.listed.push_back(record("e" + std::to_string(i), i * 1000));
  const Json first = ok("ListExecutions", {{"stateMachineArn", machine_arn}, {"maxResults", 1}});
  std::string token = first.at("nextToken").get<std::string>();
  EXPECT_EQ(failure("ListExecutions", {{"stateMachineArn", machine_arn},
                                       {"statusFilter", "RUNNING"},
                                       {"nextToken", token}}),
            "InvalidToken: Invalid Token: 'Invalid token'");
  token[0] = token[0] == 'A' ? 'B' : 'A';
  EXPECT_EQ(failure("ListExecutions", {{"stateMachineArn", machine_arn}, {"nextToken", token}}),
            "InvalidToken: Invalid Token: 'Invalid token'");
}

TEST_F(Executions, TokensAreGoodForADay) {
  Call call;
  call.json = Json::object();
  call.arrived_ms = 1'763'702'869'123;
  const auto paging = read_paging(call, "question");
  ASSERT_TRUE(paging);
  call.json["nextToken"] = next_token(*paging, "a place");
  call.arrived_ms += 24LL * 3600 * 1000;
  EXPECT_EQ(read_paging(call, "question")->after, "a place");
  ++call.arrived_ms;
  EXPECT_EQ(read_paging(call, "question").error().name, "InvalidToken");
}

TEST_F(Executions, Redrives) {
  const Json input = {{"executionArn", execution_arn}, {"clientToken", "t"}};
  EXPECT_EQ(ok("RedriveExecution", input), (Json::object({{"redriveDate", 1763702871.0}})));
  EXPECT_EQ(engine_.redrives.at(0).client_token, "t");
  EXPECT_EQ(failure("RedriveExecution",
                    {{"executionArn", "arn:aws:states:us-east-1:000000000000:express:m:n:u"}}),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'");
  EXPECT_NE(failure("RedriveExecution", {{"executionArn", execution_arn}, {"clientToken", "a b"}})
                .find("Member must satisfy regular expression pattern: [!-~]+"),
            std::string::npos);
}

// Recorded: test_list_executions_pagination, test_state_machine_status_filter, express.
TEST_F(Executions, ListRefusals) {
  add_machine("m", asl::MachineType::express);
  EXPECT_EQ(failure("ListExecutions", {{"stateMachineArn", machine_arn}}),
            "StateMachineTypeNotSupported: This operation is not supported by this type of state "
            "machine");
  EXPECT_EQ(failure("ListExecutions", {{"stateMachineArn", machine_arn}, {"maxResults", 1001}}),
            "ValidationException: 1 validation error detected: Value '1001' at 'maxResults' failed "
            "to satisfy constraint: Member must have value less than or equal to 1000");
  EXPECT_EQ(
      failure("ListExecutions", {{"stateMachineArn", machine_arn}, {"statusFilter", "succeeded"}}),
      "ValidationException: 1 validation error detected: Value 'succeeded' at 'statusFilter' "
      "failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, "
      "TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]");
  EXPECT_NE(failure("ListExecutions",
                    {{"stateMachineArn", machine_arn}, {"nextToken", std::string(3097, 'x')}})
                .find("Member must have length less than or equal to 3096"),
            std::string::npos);
}

TEST_F(Executions, HistoryPagesBothWays) {
  add_view("SUCCEEDED");
  using asl::EntryType;
  for (int i = 1; i <= 3; ++i) {
    asl::Entry entry(i == 1 ? EntryType::PassStateEntered : EntryType::PassStateExited, 0);
    entry.id = i;
    entry.previous = i - 1;
    entry.timestamp_ms = 1000 * i;
    entry.set(asl::Field::name, std::string_view("A"));
    entry.set(asl::Field::due_ms, 5);
    engine_.history_events.push_back(entry);
  }
  const auto ids = [](const Json& answer) {
    std::vector<int> ids;
    for (const Json& event : answer.at("events")) ids.push_back(event.at("id").get<int>());
    return ids;
  };
  Json page = ok("GetExecutionHistory", {{"executionArn", execution_arn}, {"maxResults", 2}});
  EXPECT_EQ(ids(page), (std::vector<int>{1, 2}));
  EXPECT_EQ(page["events"][0], (Json{{"id", 1},
                                     {"previousEventId", 0},
                                     {"timestamp", 1.0},
                                     {"type", "PassStateEntered"},
                                     {"stateEnteredEventDetails", {{"name", "A"}}}}));
  page =
      ok("GetExecutionHistory",
         {{"executionArn", execution_arn}, {"maxResults", 2}, {"nextToken", page.at("nextToken")}});
  EXPECT_EQ(ids(page), (std::vector<int>{3}));
  page = ok("GetExecutionHistory",
            {{"executionArn", execution_arn}, {"maxResults", 2}, {"reverseOrder", true}});
  EXPECT_EQ(ids(page), (std::vector<int>{3, 2}));
  page = ok("GetExecutionHistory", {{"executionArn", execution_arn},
                                    {"maxResults", 2},
                                    {"reverseOrder", true},
                                    {"nextToken", page.at("nextToken")}});
  EXPECT_EQ(ids(page), (std::vector<int>{1}));
}

}  // namespace
}  // namespace perdure::api

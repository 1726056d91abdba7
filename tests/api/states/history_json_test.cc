#include "api/states/history_json.h"

#include <gtest/gtest.h>

namespace perdure::api {
namespace {

using asl::Entry;
using asl::EntryType;
using asl::Field;

Entry event(EntryType type) {
  Entry entry(type, 0);
  entry.id = 5;
  entry.previous = 4;
  entry.timestamp_ms = 1500;
  return entry;
}

TEST(HistoryJson, ShowsAwsMembersAndKeepsOursBack) {
  Entry entry = event(EntryType::TaskScheduled);
  entry.set(Field::resource_type, std::string_view("lambda"));
  entry.set(Field::resource, std::string_view("invoke"));
  entry.set(Field::region, std::string_view("us-east-1"));
  entry.set(Field::parameters, std::string_view("{}"));
  entry.set(Field::timeout_seconds, 30);
  entry.set(Field::credentials_role, std::string_view("arn:r"));
  entry.set(Field::arn, std::string_view("ours"));
  EXPECT_EQ(history_event_json(entry, true),
            (Json{{"id", 5},
                  {"previousEventId", 4},
                  {"timestamp", 1.5},
                  {"type", "TaskScheduled"},
                  {"taskScheduledEventDetails",
                   {{"resourceType", "lambda"},
                    {"resource", "invoke"},
                    {"region", "us-east-1"},
                    {"parameters", "{}"},
                    {"timeoutInSeconds", 30},
                    {"taskCredentials", {{"roleArn", "arn:r"}}}}}}));
}

TEST(HistoryJson, DataCanBeLeftOut) {
  Entry entry = event(EntryType::WaitStateExited);
  entry.set(Field::name, std::string_view("W"));
  entry.set(Field::output, std::string_view("{}"));
  EXPECT_EQ(history_event_json(entry, true)["stateExitedEventDetails"],
            (Json{{"name", "W"}, {"output", "{}"}, {"outputDetails", {{"truncated", false}}}}));
  EXPECT_EQ(history_event_json(entry, false)["stateExitedEventDetails"],
            (Json::object({{"name", "W"}})));
}

// Recorded: an empty Fail has empty details, LambdaFunctionStarted has none.
TEST(HistoryJson, EmptyDetailsAreShownWhereAwsShowsThem) {
  EXPECT_EQ(
      history_event_json(event(EntryType::ExecutionFailed), true)["executionFailedEventDetails"],
      Json::object());
  EXPECT_EQ(history_event_json(event(EntryType::LambdaFunctionStarted), true).size(), 4u);
  EXPECT_EQ(history_event_json(event(EntryType::ParallelStateSucceeded), true).size(), 4u);
}

}  // namespace
}  // namespace perdure::api

#include "engine/catalog/publications.h"

#include <gtest/gtest.h>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

constexpr char one[] = R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":1,"End":true}}})";
constexpr char two[] = R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":2,"End":true}}})";
constexpr char waits[] =
    R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":600,"End":true}}})";

std::string refusal(const Result<>& result) {
  return result ? "" : result.error().name + ": " + result.error().cause;
}

StateMachineAlias alias(const std::string& name, std::vector<StateMachineAlias::Route> routes) {
  StateMachineAlias alias;
  alias.name = name;
  alias.routes = std::move(routes);
  return alias;
}

TEST(Publications, ANumberIsNeverGivenAgain) {
  StateMachineRecord record;
  record.arn = "arn";
  EXPECT_EQ(*publish(record, "", 1), 1);
  EXPECT_EQ(*publish(record, "the same revision", 2), 1);
  record.revision_id = "r1";
  EXPECT_EQ(*publish(record, "", 3), 2);
  ASSERT_TRUE(remove_version(record, 2));
  EXPECT_EQ(*publish(record, "", 4), 3);
  ASSERT_TRUE(remove_version(record, 7)) << "one that is not there is fine";
}

TEST(Publications, AnAliasHoldsItsVersions) {
  StateMachineRecord record;
  ASSERT_TRUE(publish(record, "", 1));
  ASSERT_TRUE(add_alias(record, alias("live", {{1, 100}}), 5));
  EXPECT_EQ(refusal(remove_version(record, 1)).find("ConflictException"), 0u);
  ASSERT_TRUE(add_alias(record, alias("live", {{1, 100}}), 6)) << "the same again";
  EXPECT_EQ(record.published->alias("live")->created_ms, 5);
  EXPECT_EQ(
      refusal(add_alias(record, alias("live", {{1, 50}, {2, 50}}), 7)).find("ConflictException"),
      0u);
  remove_alias(record, "live");
  EXPECT_TRUE(remove_version(record, 1));
  EXPECT_EQ(refusal(update_alias(record, "live", {}, 8)),
            "ResourceNotFound: Request references a resource that does not exist.");
}

TEST(Publications, OneHundredAliasesAndOneThousandVersions) {
  StateMachineRecord record;
  for (int i = 0; i < 1'000; ++i) {
    record.revision_id = std::to_string(i);
    ASSERT_TRUE(publish(record, "", 1));
  }
  record.revision_id = "more";
  EXPECT_EQ(publish(record, "", 1).error().name, "ServiceQuotaExceededException");
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(add_alias(record, alias("a" + std::to_string(i), {{1, 100}}), 1));
  }
  EXPECT_EQ(
      refusal(add_alias(record, alias("b", {{1, 100}}), 1)).find("ServiceQuotaExceededException"),
      0u);
}

TEST(Publications, AreReadAsTheyWereWritten) {
  StateMachineRecord record;
  record.settings = {{"tags", Json::array({1})}, {"tracingConfiguration", {{"enabled", true}}}};
  ASSERT_TRUE(publish(record, "first", 1));
  ASSERT_TRUE(add_alias(record, alias("live", {{1, 100}}), 5));
  const Json written = to_json(*record.published);
  EXPECT_EQ(to_json(read_publications(written)), written);
  EXPECT_FALSE(record.published->versions[0].settings.contains("tags"));
}

TEST(Publications, QualifiedArns) {
  const std::string machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
  EXPECT_EQ(parse_qualified(machine)->qualifier, "");
  EXPECT_EQ(parse_qualified(machine)->machine_arn, machine);
  EXPECT_EQ(parse_qualified(machine + ":12")->machine_arn, machine);
  EXPECT_EQ(version_number(parse_qualified(machine + ":12")->qualifier), 12);
  EXPECT_FALSE(version_number(parse_qualified(machine + ":1a")->qualifier));
  EXPECT_FALSE(version_number("0"));
  EXPECT_FALSE(version_number("99999999999999999999"));
  EXPECT_FALSE(parse_qualified("arn:aws:states:us-east-1:000000000000:execution:m:e"));
}

struct Published : ::testing::Test {
  World world;
  std::string machine = world.machine("m", one);

  void change(StateMachines::Change change) {
    std::optional<Result<StateMachineRecord>> done;
    world.engine().state_machines().change(machine, std::move(change),
                                           [&](auto record) { done = std::move(record); });
    world.settle();
    ASSERT_TRUE(done && *done);
  }
  void update_and_publish(const std::string& definition) {
    StateMachines::Update update;
    update.definition = definition;
    update.publish = "";
    world.engine().state_machines().update(machine, update, [](auto done) { ASSERT_TRUE(done); });
    world.settle();
  }
  std::string output(const std::string& name) {
    return std::string(world.describe(machine, name)->output.text());
  }
};

TEST_F(Published, AVersionRunsWhatItWas) {
  update_and_publish(one);
  update_and_publish(two);
  world.crash();
  world.start(machine, "machine");
  world.start(machine + ":1", "first");
  EXPECT_EQ(output("machine"), "2");
  EXPECT_EQ(output("first"), "1");
  const auto view = world.describe(machine, "first");
  EXPECT_EQ(view->record.version_arn, machine + ":1");
  EXPECT_EQ(view->identity.machine_arn, machine);
  const auto listed = world.engine().list_executions({{}, machine + ":1", "", {}}, {}, 10);
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().name, "first");
  EXPECT_EQ(world.start(machine + ":3", "none")->error().name, "StateMachineDoesNotExist");
}

TEST_F(Published, AnAliasDividesItsStarts) {
  update_and_publish(one);
  update_and_publish(two);
  change([](StateMachineRecord& record) {
    return add_alias(record, alias("live", {{1, 25}, {2, 75}}), 1);
  });
  int second = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string name = "e" + std::to_string(i);
    world.start(machine + ":live", name);
    second += output(name) == "2";
  }
  EXPECT_GT(second, 260);
  EXPECT_LT(second, 340);
  const auto listed = world.engine().list_executions({{}, machine + ":live", "", {}}, {}, 1'000);
  EXPECT_EQ(listed->size(), 400u);
  EXPECT_EQ(listed->front().alias_arn, machine + ":live");
}

TEST_F(Published, ADeletedMachineStaysUntilItsLastExecutionEnds) {
  update_and_publish(waits);
  world.start(machine, "e");
  const auto status = [&] {
    const auto record = world.engine().state_machines().find(machine);
    return record ? record->status : "gone";
  };
  world.engine().state_machines().remove(machine, [](auto removed) { EXPECT_TRUE(removed); });
  world.settle();
  EXPECT_EQ(status(), "DELETING");
  EXPECT_FALSE(world.engine().state_machines().find(machine)->published);
  EXPECT_EQ(world.start(machine, "f")->error().name, "StateMachineDeleting");
  world.crash();
  EXPECT_EQ(status(), "DELETING");
  world.pass(600'000);
  EXPECT_EQ(world.status(machine, "e"), "SUCCEEDED");
  EXPECT_EQ(status(), "gone");
  world.settle();
  world.machine("m", two);
  EXPECT_EQ(status(), "ACTIVE");
}

TEST_F(Published, ChildrenAreStartedThroughVersions) {
  update_and_publish(one);
  update_and_publish(two);
  const std::string parent = world.machine("parent", R"({"StartAt":"S","States":{"S":{
    "Type":"Task","End":true,"Resource":"arn:aws:states:::states:startExecution.sync:2",
    "Parameters":{"StateMachineArn":")" + machine + R"(:1","Name":"kid"},
    "ResultSelector":{"o.$":"$.Output","v.$":"$.StateMachineVersionArn"}}}})");
  world.start(parent, "p");
  EXPECT_EQ(world.describe(parent, "p")->output.text(), R"({"o":1,"v":")" + machine + R"(:1"})");
}

TEST_F(Published, ARedriveKeepsTheVersion) {
  update_and_publish(waits);
  world.start(machine + ":1", "e");
  update_and_publish(two);
  const std::string arn = execution_arn({}, "m", "e");
  world.engine().stop_execution(arn, {}, {}, [](auto) {});
  world.settle();
  world.engine().redrive_execution({arn, {}, {}, {}, {}}, [](auto at) { EXPECT_TRUE(at); });
  world.settle();
  const auto view = world.describe(machine, "e");
  EXPECT_EQ(view->record.status, "RUNNING");
  EXPECT_EQ(view->record.version_arn, machine + ":1");
}

}  // namespace
}  // namespace perdure::engine

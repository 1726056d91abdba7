// Versions, aliases and limits of functions, with real workers.

#include "executors/functions/catalog/catalog.h"
#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

using testing::HasSubstr;

class VersionsTest : public RuntimeTest {
 protected:
  FunctionCatalog& catalog() { return runtime().catalog(); }
  FunctionName name(const std::string& qualifier = "") { return {tenant_, "f", qualifier}; }

  void says(const std::string& word) {
    UpdateFunction change;
    change.code = folder_with({{"f.py", source(word)}});
    ASSERT_TRUE(wait<FunctionConfiguration>(
        [&](auto done) { runtime().update(tenant_, "f", std::move(change), std::move(done)); }));
  }
  static std::string source(const std::string& word) {
    return "def handler(event, context):\n    return ['" + word +
           "', context.function_version, context.invoked_function_arn]\n";
  }
  Result<FunctionConfiguration> publish(PublishVersion request = {}) {
    return wait<FunctionConfiguration>(
        [&](auto done) { catalog().publish(tenant_, "f", std::move(request), std::move(done)); });
  }
  Result<FunctionAlias> create_alias(ChangeAlias change) {
    return wait<FunctionAlias>(
        [&](auto done) { catalog().create_alias(name(), std::move(change), std::move(done)); });
  }
  Result<bool> remove_version(const std::string& version) {
    return wait<bool>([&](auto done) { catalog().remove_version(name(version), std::move(done)); });
  }
  Result<FunctionConfiguration> set_beside(
      const std::function<void(FunctionConfiguration&)>& change) {
    return wait<FunctionConfiguration>([&](auto done) {
      catalog().change_beside(
          name(),
          [&](FunctionConfiguration& function) -> Result<> {
            change(function);
            return {};
          },
          std::move(done));
    });
  }
  Result<FunctionConfiguration> reserve(std::optional<int64_t> limit) {
    return set_beside(
        [&](FunctionConfiguration& function) { function.reserved_concurrency = limit; });
  }
};

TEST_F(VersionsTest, AVersionKeepsItsCodeAndTellsItsNumber) {
  start();
  python("f", source("old"));
  const auto first = publish();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->version, "1");
  says("new");
  const auto of_version = invoke("f:1");
  EXPECT_EQ(of_version->executed_version, "1");
  EXPECT_EQ(of_version->payload,
            R"(["old", "1", "arn:aws:lambda:us-east-1:111111111111:function:f:1"])");
  const auto latest = invoke("f");
  EXPECT_EQ(latest->executed_version, "$LATEST");
  EXPECT_EQ(latest->payload,
            R"(["new", "$LATEST", "arn:aws:lambda:us-east-1:111111111111:function:f"])");
  EXPECT_EQ(invoke("f:2").error().name, "ResourceNotFoundException");
}

TEST_F(VersionsTest, WhatHasNotChangedGetsNoNewNumberAndNumbersAreNeverGivenTwice) {
  start();
  python("f", source("a"));
  EXPECT_EQ(publish()->version, "1");
  EXPECT_EQ(publish()->version, "1");
  ASSERT_TRUE(set_beside([](FunctionConfiguration& function) {
    function.reserved_concurrency = 5;
    function.extra["Tags"] = {{"team", "a"}};
    function.extra["Policies"] = {{"", Json::array({Json::object({{"Sid", "s"}})})}};
  }));
  EXPECT_EQ(publish()->version, "1");
  says("b");
  EXPECT_EQ(publish()->version, "2");
  ASSERT_TRUE(remove_version("2"));
  says("c");
  EXPECT_EQ(publish()->version, "3");
  PublishVersion outdated;
  outdated.expected_revision_id = "another";
  EXPECT_EQ(publish(outdated).error().name, "PreconditionFailedException");
  PublishVersion other_code;
  other_code.code_sha256 = "another";
  EXPECT_EQ(publish(other_code).error().name, "InvalidParameterValueException");
}

TEST_F(VersionsTest, AnAliasSharesInvocationsBetweenItsVersions) {
  start();
  python("f", source("one"));
  ASSERT_TRUE(publish());
  says("two");
  ASSERT_TRUE(publish());
  ChangeAlias live;
  live.name = "live";
  live.version = "1";
  live.weights = {{"2", 0.5}};
  ASSERT_TRUE(create_alias(live));
  std::map<std::string, int> seen;
  for (int i = 0; i < 60; ++i) ++seen[invoke("f:live")->executed_version];
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_GT(seen["1"], 5);  // each 30 of 60 times; six standard deviations
  EXPECT_GT(seen["2"], 5);
  EXPECT_THAT(invoke("f:live")->payload, HasSubstr(":function:f:live"));
  EXPECT_EQ(create_alias(live).error().name, "ResourceConflictException");
  EXPECT_EQ(remove_version("2").error().name, "ResourceConflictException");
  ChangeAlias missing;
  missing.name = "other";
  missing.version = "9";
  EXPECT_EQ(create_alias(missing).error().name, "ResourceNotFoundException");
}

TEST_F(VersionsTest, TheyAreThereAfterARestart) {
  start();
  python("f", source("kept"));
  ASSERT_TRUE(publish());
  ChangeAlias live;
  live.name = "live";
  live.version = "1";
  ASSERT_TRUE(create_alias(live));
  ASSERT_TRUE(reserve(7));
  says("later");
  start();
  EXPECT_THAT(invoke("f:live")->payload, HasSubstr("kept"));
  EXPECT_EQ(catalog().find(name()).value()->reserved_concurrency, 7);
  EXPECT_EQ(publish()->version, "2");
}

TEST_F(VersionsTest, AFunctionThatIsMadeAgainHasNoneOfThem) {
  start();
  python("f", source("a"));
  ASSERT_TRUE(publish());
  ASSERT_TRUE(wait<bool>([&](auto done) { runtime().remove(tenant_, "f", std::move(done)); }));
  EXPECT_EQ(invoke("f:1").error().name, "ResourceNotFoundException");
  python("f", source("b"));
  EXPECT_EQ(invoke("f:1").error().name, "ResourceNotFoundException");
}

TEST_F(VersionsTest, AFunctionHasNoMoreInvocationsThanAreReservedForIt) {
  start({.concurrency = 4});
  python("f", "import time\ndef handler(e, c):\n    time.sleep(e)\n    return e\n");
  ASSERT_TRUE(reserve(1));
  auto running = begin("f", "0.6");
  EXPECT_EQ(begin("f", "0").get().error().name, "TooManyRequestsException");
  auto waits = begin("f", "0", true);
  EXPECT_EQ(running.get()->payload, "0.6");
  EXPECT_EQ(waits.get()->payload, "0");
  ASSERT_TRUE(reserve(0));
  EXPECT_EQ(begin("f", "0").get().error().name, "TooManyRequestsException");
  ASSERT_TRUE(reserve(std::nullopt));
  auto a = begin("f", "0.2");
  auto b = begin("f", "0.2");
  EXPECT_TRUE(a.get());
  EXPECT_TRUE(b.get());
}

TEST(PickVersion, GivesEachItsPart) {
  FunctionAlias alias;
  alias.version = "1";
  alias.weights = {{"2", 0.25}};
  EXPECT_EQ(pick_version(alias, 0.0), "2");
  EXPECT_EQ(pick_version(alias, 0.24), "2");
  EXPECT_EQ(pick_version(alias, 0.25), "1");
  EXPECT_EQ(pick_version(alias, 1.0), "1");
}

}  // namespace
}  // namespace perdure::executors

// Provisioned concurrency, starts that wait for each other, and memory that is given back.

#include <set>

#include "executors/functions/catalog/catalog.h"
#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

using testing::HasSubstr;

class ProvisionedTest : public RuntimeTest {
 protected:
  FunctionName name(const std::string& qualifier) { return {tenant_, "f", qualifier}; }
  void publish() {
    ASSERT_TRUE(wait<FunctionConfiguration>(
        [&](auto done) { runtime().catalog().publish(tenant_, "f", {}, std::move(done)); }));
  }
  void alias(const std::string& called, const std::string& version) {
    ChangeAlias change;
    change.name = called;
    change.version = version;
    ASSERT_TRUE(wait<FunctionAlias>(
        [&](auto done) { runtime().catalog().create_alias(name(""), change, std::move(done)); }));
  }
  std::string provision(const std::string& qualifier, int64_t count) {
    auto result = wait<FunctionConfiguration>(
        [&](auto done) { runtime().catalog().provision(name(qualifier), count, std::move(done)); });
    if (!result) return result.error().name + ": " + result.error().cause;
    runtime().reprovision(tenant_, "f");
    return "ok";
  }
  std::string unprovision(const std::string& qualifier) {
    auto result = wait<FunctionConfiguration>(
        [&](auto done) { runtime().catalog().unprovision(name(qualifier), std::move(done)); });
    if (!result) return result.error().name;
    runtime().reprovision(tenant_, "f");
    return "ok";
  }
  ProvisionState state(const std::string& version = "1") {
    FunctionConfiguration of;
    of.arn = "arn:aws:lambda:us-east-1:111111111111:function:f";
    of.version = version;
    return runtime().provisioned(of);
  }
  void until_ready(int count, const std::string& version = "1") {
    for (int i = 0; i < 500 && state(version).ready < count; ++i) usleep(20'000);
    ASSERT_EQ(state(version).ready, count);
  }
  void until_workers(int count) {
    for (int i = 0; i < 500 && runtime().statistics().workers != count; ++i) usleep(20'000);
    ASSERT_EQ(runtime().statistics().workers, count);
  }
};

const char* const kind =
    "import os, time, uuid\n"
    "me = str(uuid.uuid4())\n"
    "def handler(e, c):\n"
    "    if e: time.sleep(e)\n"
    "    return {'kind': os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'], 'me': me}\n";

TEST_F(ProvisionedTest, WorkersAreThereBeforeTheFirstCallAndMoreComeOnDemand) {
  start({.concurrency = 8, .idle_ttl_ms = 300});
  python("f", kind);
  publish();
  EXPECT_EQ(provision("1", 2), "ok");
  until_ready(2);
  std::vector<std::future<Result<InvokeResult>>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(begin("f:1", "0.4"));
  std::multiset<std::string> kinds;
  for (auto& call : calls) {
    auto result = call.get();
    kinds.insert(member(result, "kind"));
    if (member(result, "kind") == "provisioned-concurrency") {
      EXPECT_EQ(result->tier, "provisioned");
      EXPECT_EQ(result->init_us, 0);
    }
  }
  EXPECT_EQ(kinds.count("provisioned-concurrency"), 2u);
  EXPECT_EQ(kinds.count("on-demand"), 1u);
  // The one on demand goes when it is idle, those provisioned stay.
  until_workers(2);
  usleep(700'000);
  EXPECT_EQ(runtime().statistics().workers, 2);
  EXPECT_EQ(member(invoke("f:1", "0"), "kind"), "provisioned-concurrency");
  EXPECT_EQ(unprovision("1"), "ok");
  until_workers(0);
  EXPECT_EQ(state().requested, 0);
}

TEST_F(ProvisionedTest, AWorkerThatEndsIsReplaced) {
  start();
  python("f",
         "import os, uuid\nme = str(uuid.uuid4())\n"
         "def handler(e, c):\n    if e: os._exit(1)\n    return me\n");
  publish();
  provision("1", 1);
  until_ready(1);
  const std::string before = invoke("f:1", "0")->payload;
  EXPECT_TRUE(invoke("f:1", "1")->function_error);
  for (int i = 0; i < 200; ++i) {
    auto result = invoke("f:1", "0");
    if (result && result->tier == "provisioned" && result->payload != before) return;
    usleep(20'000);
  }
  FAIL() << "no other took its place";
}

TEST_F(ProvisionedTest, AnAliasTakesItsWorkersAlongToAnotherVersion) {
  start();
  python("f", kind);
  publish();
  alias("live", "1");
  EXPECT_EQ(provision("live", 1), "ok");
  until_ready(1, "1");
  EXPECT_EQ(member(invoke("f:live", "0"), "kind"), "provisioned-concurrency");
  UpdateFunction change;
  change.code = folder_with({{"f.py", std::string(kind) + "# other\n"}});
  wait<FunctionConfiguration>(
      [&](auto done) { runtime().update(tenant_, "f", std::move(change), std::move(done)); });
  publish();
  ChangeAlias to;
  to.name = "live";
  to.version = "2";
  ASSERT_TRUE(wait<FunctionAlias>(
      [&](auto done) { runtime().catalog().update_alias(name(""), to, std::move(done)); }));
  runtime().reprovision(tenant_, "f");
  until_ready(1, "2");
  until_workers(1);
  EXPECT_EQ(state("1").requested, 0);
}

TEST_F(ProvisionedTest, WhatAwsRefusesIsRefused) {
  start();
  python("f", kind);
  publish();
  alias("live", "1");
  EXPECT_THAT(provision("$LATEST", 1), HasSubstr("unpublished function versions"));
  EXPECT_THAT(provision("", 1), HasSubstr("InvalidParameterValueException"));
  EXPECT_THAT(provision("7", 1), HasSubstr("ResourceNotFoundException"));
  EXPECT_THAT(provision("none", 1), HasSubstr("ResourceNotFoundException"));
  EXPECT_THAT(provision("1", 901), HasSubstr("unreserved concurrency [900]"));
  EXPECT_EQ(provision("1", 1), "ok");
  EXPECT_THAT(provision("live", 1), HasSubstr("already Provisioned version"));
  EXPECT_EQ(unprovision("1"), "ok");
  EXPECT_EQ(provision("live", 1), "ok");
  EXPECT_THAT(provision("1", 1), HasSubstr("pointed by a Provisioned Concurrency alias"));
}

TEST_F(ProvisionedTest, AFunctionThatCannotStartFailsItsProvision) {
  start();
  python("f", "raise ValueError('no')\n");
  publish();
  provision("1", 2);
  for (int i = 0; i < 300 && state().error.empty(); ++i) usleep(20'000);
  EXPECT_EQ(state().error, "FUNCTION_ERROR_INIT_FAILURE");
  usleep(200'000);
  EXPECT_LE(runtime().statistics().cold_starts, 4u) << "it is not tried for ever";
}

TEST_F(ProvisionedTest, WhatIsProvisionedIsThereAgainAfterARestart) {
  start({.end_workers_on_stop = true});
  python("f", kind);
  publish();
  provision("1", 1);
  until_ready(1);
  start();
  until_ready(1);
  EXPECT_EQ(member(invoke("f:1", "0"), "kind"), "provisioned-concurrency");
}

TEST_F(ProvisionedTest, ANewEngineTakesProvisionedWorkersOver) {
  start();
  python("f", kind);
  publish();
  provision("1", 1);
  until_ready(1);
  const std::string me = member(invoke("f:1", "0"), "me");
  start();
  until_ready(1);
  EXPECT_EQ(member(invoke("f:1", "0"), "me"), me);
  EXPECT_EQ(runtime().statistics().cold_starts, 0u);
}

TEST_F(ProvisionedTest, AMapsBurstStartsAFewWorkersAtATimeAndAllIsDone) {
  start({.concurrency = 6, .starts = 3});
  python("f", kind);
  std::vector<std::future<Result<InvokeResult>>> calls;
  for (int i = 0; i < 60; ++i) calls.push_back(begin("f", "0.01", true));
  std::set<std::string> workers;
  for (auto& call : calls) workers.insert(member(call.get(), "me"));
  // Six work at once; as many as may be starting can have been begun beside them.
  EXPECT_LE(workers.size(), 9u);
  EXPECT_GE(workers.size(), 2u);
}

TEST_F(ProvisionedTest, WarmWorkersGiveWayWhenMemoryIsShort) {
  start({.concurrency = 4, .memory_mib = 60});
  for (int i = 0; i < 12; ++i) {
    const std::string called = "f" + std::to_string(i);
    python(called, "held = b'x' * (8 << 20)\ndef handler(e, c): return 1\n");
    EXPECT_EQ(invoke(called)->payload, "1");
  }
  EXPECT_LT(runtime().statistics().workers, 8);
  EXPECT_GT(runtime().statistics().workers, 1);
  EXPECT_EQ(invoke("f0")->payload, "1") << "what gave way comes back when it is called";
}

TEST_F(ProvisionedTest, UsageIsCountedByFunction) {
  start({.concurrency = 1});
  python("f", kind);
  invoke("f", "0");
  invoke("f", "0");
  auto first = begin("f", "0.3");
  EXPECT_FALSE(begin("f", "0").get());
  first.get();
  for (int i = 0; i < 100 && runtime().usage().at(0).invocations < 3; ++i) usleep(10'000);
  auto usage = runtime().usage().at(0);
  EXPECT_EQ(usage.function_arn, "arn:aws:lambda:us-east-1:111111111111:function:f");
  EXPECT_EQ(usage.invocations, 3u);
  EXPECT_EQ(usage.throttles, 1u);
  EXPECT_EQ(usage.by_tier["warm"], 2u);
  EXPECT_GE(usage.billed_ms, 300);
  EXPECT_EQ(usage.billed_mib_ms, usage.billed_ms * 128);
  EXPECT_GT(usage.peak_kib, 1000u);
  EXPECT_GT(usage.init_us, 0);
}

}  // namespace
}  // namespace perdure::executors

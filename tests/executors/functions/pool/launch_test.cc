#include "executors/functions/pool/launch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

TEST(LaunchTest, RuntimesAreMappedOntoTheInstalledInterpreters) {
  auto python = interpreter_for("python3.9");
  ASSERT_TRUE(python);
  EXPECT_EQ(python->language, Language::python);
  EXPECT_THAT(python->program, testing::EndsWith("python3"));
  EXPECT_THAT(version_of(*python), testing::StartsWith("3."));
  for (std::string other : {"java21", "provided.al2024", "python2.7", "python3.", "python3.1x",
                            "nodejs.x", "nodejs20", "", "nodejs4.3"}) {
    auto refused = interpreter_for(other);
    ASSERT_FALSE(refused) << other;
    EXPECT_EQ(refused.error().name, "InvalidParameterValueException");
  }
}

TEST(LaunchTest, CustomRuntimesBringTheirOwnProgram) {
  for (std::string runtime : {"provided", "provided.al2", "provided.al2023"}) {
    auto custom = interpreter_for(runtime);
    ASSERT_TRUE(custom) << runtime;
    EXPECT_EQ(custom->language, Language::custom);
  }
}

TEST(LaunchTest, CredentialsFollowFromTheSecretAndLookLikeAws) {
  WorkerCredentials one = credentials_of("secret");
  EXPECT_EQ(one.access_key, credentials_of("secret").access_key);
  EXPECT_NE(one.access_key, credentials_of("other").access_key);
  EXPECT_THAT(one.access_key, testing::MatchesRegex("ASIA[0-9A-F]{16}"));
  EXPECT_EQ(one.secret_key.size(), 40u);
  EXPECT_FALSE(one.session_token.empty());
}

TEST(LaunchTest, TheFunctionsOwnVariablesDoNotHideOurs) {
  FunctionConfiguration function;
  function.tenant = {"111111111111", "eu-west-1"};
  function.name = "f";
  function.runtime = "python3.12";
  function.handler = "f.handler";
  function.environment = {{"MINE", "1"}, {"TZ", "Europe/Berlin"}, {"AWS_REGION", "nowhere"}};
  auto order = launch_order(function, "/code", {"id", "secret", "stream"},
                            {"/boot", "/run/runtime.sock", "http://127.0.0.1:1"});
  ASSERT_TRUE(order);
  using testing::Contains;
  for (std::string expected :
       {"MINE=1", "TZ=Europe/Berlin", "AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL=http://127.0.0.1:1",
        "_HANDLER=f.handler", "LAMBDA_TASK_ROOT=/code", "AWS_LAMBDA_LOG_STREAM_NAME=stream",
        "AWS_LAMBDA_RUNTIME_API=unix:/run/runtime.sock"}) {
    EXPECT_THAT(order->env, Contains(expected));
  }
  EXPECT_EQ(order->folder, "/code");
  EXPECT_EQ(order->argv[1], "-I");
}

FunctionConfiguration snap_started(const std::string& version) {
  FunctionConfiguration function;
  function.name = "f";
  function.runtime = "python3.12";
  function.handler = "f.handler";
  function.version = version;
  function.extra["SnapStart"] = {{"ApplyOn", "PublishedVersions"}};
  return function;
}

TEST(LaunchTest, PublishedVersionsWithSnapStartComeFromASnapshotAtLevelA) {
  RuntimePlaces places{"/boot", "/run/runtime.sock", "http://127.0.0.1:1", sandbox::Level::a};
  const WorkerIdentity worker{"id", "secret", "stream"}, snapshot{"snapshot", "other", "s"};
  const auto order = launch_order(snap_started("1"), "/code", worker, places, false, &snapshot);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->from, "snapshot");
  EXPECT_EQ(from_tag(order->tag)->snapshot_key, credentials_of("other").access_key);
  EXPECT_THAT(order->env, testing::Contains("AWS_LAMBDA_INITIALIZATION_TYPE=snap-start"));
  const auto made = snapshot_order(snap_started("1"), "/code", snapshot, places);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->order.sandbox, order->sandbox) << "or no worker could come from it";
  EXPECT_GT(made->order.linger_ms, 0u);
  EXPECT_TRUE(from_tag(made->order.tag)->is_snapshot);
  const auto latest = launch_order(snap_started("$LATEST"), "/code", worker, places);
  EXPECT_THAT(latest->env, testing::Contains("AWS_LAMBDA_INITIALIZATION_TYPE=on-demand"));
}

TEST(LaunchTest, WhatCannotBeASnapshotSaysWhy) {
  RuntimePlaces places{"/boot", "/run/runtime.sock", "http://127.0.0.1:1", sandbox::Level::b};
  EXPECT_EQ(can_be_snapshot(snap_started("1"), places).error().cause,
            "it needs a sandbox of level A, this one has B");
  places.level = sandbox::Level::a;
  auto wrapped = snap_started("1");
  wrapped.environment["AWS_LAMBDA_EXEC_WRAPPER"] = "/opt/wrapper";
  EXPECT_EQ(can_be_snapshot(wrapped, places).error().cause, "it has AWS_LAMBDA_EXEC_WRAPPER");
}

TEST(LaunchTest, ATagBringsBackWhatALaterEngineNeeds) {
  WorkerTag tag;
  tag.worker = {"id", "secret", "2026/11/21/[$LATEST]ab"};
  tag.function.tenant = {"111111111111", "eu-west-1"};
  tag.function.name = "f";
  tag.function.arn = "arn:aws:lambda:eu-west-1:111111111111:function:f";
  tag.function.revision_id = "r";
  tag.function.timeout_s = 17;
  tag.function.memory_mib = 512;
  tag.level = sandbox::Level::b;
  auto back = from_tag(to_tag(tag));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->worker.id, "id");
  EXPECT_EQ(back->worker.secret, "secret");
  EXPECT_EQ(back->worker.log_stream, tag.worker.log_stream);
  EXPECT_EQ(back->function, tag.function);
  EXPECT_EQ(back->level, tag.level);
  EXPECT_FALSE(from_tag("nonsense"));
  EXPECT_FALSE(from_tag("{}"));
}

}  // namespace
}  // namespace perdure::executors

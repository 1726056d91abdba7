// Every operation of every service with a resource of another account or region.
#include "api/aws/access.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "api/lambda/lambda.h"
#include "api/logs/logs.h"
#include "api/scheduler/scheduler.h"
#include "api/states/states.h"
#include "tests/api/fake_engine.h"

namespace perdure::api {
namespace {

constexpr const char* other = "222222222222";

// A member that may name a resource of the service by its ARN, and an ARN for it.
std::string foreign_resource(const std::string& service, const std::string& member,
                             const std::string& account, const std::string& region) {
  const std::string arn = "arn:aws:" + service + ":" + region + ":" + account + ":";
  if (member == "FunctionName") return arn + "function:f";
  if (member == "executionArn") return arn + "execution:m:e";
  if (member == "activityArn") return arn + "activity:a";
  if (member == "stateMachineArn" || member == "resourceArn") return arn + "stateMachine:m";
  if (member == "stateMachineAliasArn" || member == "stateMachineVersionArn") {
    return arn + "stateMachine:m:1";
  }
  if (member == "mapRunArn") return arn + "mapRun:m/l:1";
  if (member == "logGroupIdentifier") return arn + "log-group:g";
  if (member == "CodeSigningConfigArn") return arn + "code-signing-config:csc-0";
  return "";
}

class AccessTest : public ::testing::Test {
 protected:
  // The tables alone are looked at: no operation is called.
  AccessTest() {
    auto& nothing = *reinterpret_cast<executors::FunctionRuntime*>(&unused_);
    auto& no_logs = *reinterpret_cast<engine::Logs*>(&unused_);
    auto& no_groups = *reinterpret_cast<engine::LogGroups*>(&unused_);
    auto& no_runner = *reinterpret_cast<Runner*>(&unused_);
    auto& no_schedules = *reinterpret_cast<engine::Schedules*>(&unused_);
    services_.push_back(states_service({engine_, clock_}));
    services_.push_back(lambda_service({nothing, clock_, nullptr}));
    services_.push_back(logs_service({no_logs, no_groups, clock_, no_runner}));
    services_.push_back(scheduler_service(no_schedules));
    caller_.tenant = {"111111111111", "us-east-1"};
  }

  // Asks each operation for each resource it can name; the number of questions.
  template <class Judge>
  int ask_all(const std::string& account, const std::string& region, Judge judge) {
    int asked = 0;
    for (const Service& service : services_) {
      for (const Operation& operation : service.operations) {
        for (const Field& field : operation.input.fields) {
          const std::string arn = foreign_resource(service.name, field.name, account, region);
          if (arn.empty()) continue;
          ++asked;
          SCOPED_TRACE(service.name + ":" + operation.name + " " + arn);
          judge(service, operation, arn,
                check_access(service, operation, caller_, Json::object({{field.name, arn}})));
        }
      }
    }
    return asked;
  }

  FakeEngine engine_;
  SystemClock clock_;
  int64_t unused_ = 0;
  std::vector<Service> services_;
  Caller caller_;
};

TEST_F(AccessTest, EveryOperationRefusesAForeignAccount) {
  const int asked = ask_all(
      other, "us-east-1", [](auto& service, auto& operation, auto& arn, const Result<>& access) {
        ASSERT_FALSE(access);
        EXPECT_EQ(access.error().name, "AccessDeniedException");
        const std::string action =
            service.name + ":" + (operation.name == "Invoke" ? "InvokeFunction" : operation.name);
        EXPECT_EQ(access.error().cause,
                  "User: arn:aws:iam::111111111111:root is not authorized to perform: " + action +
                      " on resource: " + arn + " because no resource-based policy allows the " +
                      action + " action");
      });
  EXPECT_GE(asked, 24);
}

TEST_F(AccessTest, NothingOfAnotherRegionExists) {
  ask_all("111111111111", "eu-west-1", [](auto&, auto&, auto&, const Result<>& access) {
    ASSERT_FALSE(access);
    EXPECT_EQ(access.error().kind, ErrorKind::not_found) << access.error().name;
  });
}

TEST_F(AccessTest, OnesOwnResourcesPass) {
  ask_all("111111111111", "us-east-1", [](auto&, auto&, auto&, const Result<>& access) {
    EXPECT_TRUE(access) << access.error().cause;
  });
}

TEST_F(AccessTest, EveryTextThatNamesAnArnIsKnownHere) {
  for (const Service& service : services_) {
    for (const Operation& operation : service.operations) {
      for (const Field& field : operation.input.fields) {
        // A layer may be another account's; "Arn" names one.
        const std::set<std::string> of_others = {"roleArn",   "KmsKeyArn",      "KMSKeyArn",
                                                 "SourceArn", "EventSourceArn", "RuntimeVersionArn",
                                                 "Arn"};
        if (field.shape.kind != ShapeKind::text || of_others.contains(field.name)) continue;
        if (!field.name.ends_with("Arn") && !field.name.ends_with("Identifier")) continue;
        EXPECT_NE(foreign_resource(service.name, field.name, other, "us-east-1"), "")
            << operation.name << " " << field.name;
      }
    }
  }
}

TEST_F(AccessTest, LambdaKnowsPartialArns) {
  for (const Operation& operation : services_[1].operations) {
    if (operation.name != "Invoke") continue;
    const auto access = check_access(services_[1], operation, caller_,
                                     {{"FunctionName", "222222222222:function:f"}});
    ASSERT_FALSE(access);
    EXPECT_NE(access.error().cause.find("arn:aws:lambda:us-east-1:222222222222:function:f"),
              std::string::npos);
    EXPECT_TRUE(check_access(services_[1], operation, caller_, {{"FunctionName", "f"}}));
  }
}

TEST_F(AccessTest, FunctionsMayNotChangeFunctions) {
  caller_.function = "arn:aws:sts::111111111111:assumed-role/r/f";
  int refused = 0;
  for (const Service& service : services_) {
    for (const Operation& operation : service.operations) {
      const auto access = check_access(service, operation, caller_, {{"FunctionName", "g"}});
      if (access) continue;
      ++refused;
      EXPECT_EQ(service.name, "lambda");
      EXPECT_EQ(access.error().name, "AccessDeniedException");
      EXPECT_EQ(access.error().cause,
                "User: arn:aws:sts::111111111111:assumed-role/r/f is not authorized to perform: "
                "lambda:" +
                    operation.name +
                    " on resource: arn:aws:lambda:us-east-1:111111111111:function:g because no "
                    "identity-based policy allows the lambda:" +
                    operation.name + " action");
    }
  }
  EXPECT_GE(refused, 4);
}

}  // namespace
}  // namespace perdure::api

#pragma once
// Calls operations of the states service by name, without a wire, over the fake engine.

#include <gtest/gtest.h>

#include "api/states/states.h"
#include "tests/api/fake_engine.h"

namespace perdure::api {

class StatesTest : public ::testing::Test {
 protected:
  static constexpr const char* machine_arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
  static constexpr const char* role = "arn:aws:iam::000000000000:role/r";

  Result<Answer> call(const std::string& name, Json input) {
    for (const Operation& operation : service_.operations) {
      if (operation.name != name) continue;
      if (auto checked = check_input(operation.input, input); !checked) return checked.error();
      auto call = std::make_shared<Call>();
      call->json = std::move(input);
      std::optional<Result<Answer>> answer;
      operation.handler(call, [&](Result<Answer> a) { answer = std::move(a); });
      EXPECT_TRUE(answer) << "the fake answers at once";
      return std::move(*answer);
    }
    ADD_FAILURE() << "no operation " << name;
    return internal_error("");
  }
  Json ok(const std::string& name, const Json& input) {
    auto answer = call(name, input);
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().name + ": " + answer.error().cause);
    return answer ? answer->json : Json();
  }
  std::string failure(const std::string& name, const Json& input) {
    auto answer = call(name, input);
    return answer ? "no error" : answer.error().name + ": " + answer.error().cause;
  }
  void add_machine(const std::string& name, asl::MachineType type = asl::MachineType::standard) {
    engine::StateMachineRecord record;
    record.name = name;
    record.arn = engine::state_machine_arn({}, name);
    record.type = type;
    record.definition = "{}";
    record.settings = Json::object();
    engine_.machines.records[record.arn] = record;
  }

  FakeEngine engine_;
  SystemClock clock_;
  Service service_ = states_service({engine_, clock_});
};

}  // namespace perdure::api

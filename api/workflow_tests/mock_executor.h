#pragma once
// Answers every task as the mocks say, at the virtual moment that they say.

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "api/workflow_tests/run_case.h"
#include "api/workflow_tests/virtual_time.h"
#include "engine/assembly.h"
#include "engine/executor.h"

namespace perdure::api::workflow_tests {

class MockExecutor final : public engine::Executor {
 public:
  // All outlive the object. `stop` is called when the case cannot go on.
  MockExecutor(VirtualTime& time, const Scene& scene, std::vector<Problem>& problems,
               std::function<void()> stop);
  // Before the first task.
  void connect(engine::Assembly& assembly, std::string token_secret);

  bool serves(const asl::TaskResource&) const override { return true; }
  std::optional<std::string> reserve(const engine::TaskRequest&) override { return "mock"; }
  void dispatch(engine::TaskRequest request) override;
  void go(const engine::AttemptId&) override {}
  void cancel(const engine::AttemptId& attempt) override { open_.erase(attempt); }
  void recover(engine::TaskRequest request) override { dispatch(std::move(request)); }

 private:
  // The mock that answers this call, after it has been counted; null: there is none.
  const MockAnswer* choose(const engine::TaskRequest& request, const asl::Value& parameters);
  void check_call(const engine::TaskRequest& request, const MockAnswer& mock,
                  const asl::Value& parameters);
  void answer(const engine::TaskRequest& request, const MockAnswer& mock);
  void answer_by_token(const std::string& token, const MockAnswer& mock);
  void beat(const engine::AttemptId& attempt, const std::string& token, int64_t every_ms);
  // By the handler itself, if there is one.
  void call_function(const engine::TaskRequest& request);
  void give_up(std::string at, std::string message);

  VirtualTime& time_;
  const Scene& scene_;
  std::vector<Problem>& problems_;
  std::function<void()> stop_;
  engine::Assembly* assembly_ = nullptr;
  std::string token_secret_;
  std::map<const MockAnswer*, int64_t> used_;
  std::set<engine::AttemptId> open_;
};

// The mock of a state of this machine; null if it has none.
const Mocks::value_type* mock_of(const Mocks& mocks, const std::string& machine,
                                 const std::string& state);

}  // namespace perdure::api::workflow_tests

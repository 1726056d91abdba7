#pragma once
// One state by itself, with a given input, as TestState runs it: nothing waits, nothing is done
// outside; what a Task, Map or Parallel would have brought is given. Pure, like advance.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "asl/execution/advance.h"

namespace perdure::asl {

// The text of a single state whose targets need not exist, as a state machine with that state under
// the name "StateName"; of a whole state machine, the state with this name, at any depth.
// Errors: InvalidDefinition, ValidationException.
Result<std::shared_ptr<const StateMachine>> machine_of_state(std::string_view definition,
                                                             std::string_view state_name,
                                                             std::string_view variables);

struct TestOutcome {
  enum class Status : uint8_t { succeeded, failed, retriable, caught_error };
  Status status = Status::failed;
  Payload output;
  std::string next;
  std::optional<std::string> error, cause;
  std::optional<int64_t> catch_index, retry_index;
  int64_t retry_delay_ms = 0;
};

// Owns its execution. Not thread-safe.
class StateTest final : private Surroundings, private Inspector {
 public:
  struct Setting {
    ExecutionIdentity identity;
    Payload input;
    Payload context;  // stands in for the context object; absent: one of the identity
    int64_t now_ms = 0;
    uint64_t seed = 0;
  };
  StateTest(std::shared_ptr<const StateMachine> machine, Setting setting);

  const State& state() const;
  // Runs the state up to its result, or to its end.
  void enter();
  // The state waits for a result: of a Task, a Map or a Parallel.
  bool needs_result() const;
  // The event of the Task's attempt.
  const Entry& scheduled() const;
  // Attempts that have failed before, as many as the retrier for this error has made.
  void retry_before(const std::string& error, int64_t attempts);
  void give_result(const Payload& result);
  void give_failure(std::optional<std::string> error, std::optional<std::string> cause);
  TestOutcome outcome() const;
  // The data at each stage that the state has come by; the last one counts.
  const std::map<DataStage, Payload>& stages() const { return stages_; }

 private:
  std::string task_token(const Execution& execution, EventId scheduled) override;
  bool reserve(const Execution&, const Entry&, std::string&) override { return false; }
  void saw(const Frame& frame, DataStage stage, const Payload& data) override;
  Payload context() override { return setting_.context; }
  Surrounding surrounding();
  void give(const Input& input);
  const Frame* frame() const { return execution_.frame(0); }

  Setting setting_;
  Limits limits_;
  SeededRandom random_;
  Execution execution_;
  std::vector<Entry> entries_;
  std::map<DataStage, Payload> stages_;
  std::optional<std::string> error_, cause_;  // of the failure that was given
};

}  // namespace perdure::asl

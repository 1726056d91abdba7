#pragma once
// One state by itself, with a given input, as TestState runs it: nothing waits, nothing is done
// outside; what a Task, Map or Parallel would have brought is given. Pure, like advance.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "asl/execution/advance.h"
#include "asl/execution/run.h"

namespace perdure::asl {

struct TestOutcome {
  enum class Status : uint8_t { succeeded, failed, retriable, caught_error };
  Status status = Status::failed;
  Payload output;
  std::string next;
  std::optional<std::string> error, cause;
  // The retrier for the error, also where it has given up, and the catcher that took it.
  std::optional<int64_t> retry_index, catch_index;
  std::optional<int64_t> retry_delay_ms;
};

// Owns its execution. Not thread-safe.
class StateTest final : private Surroundings, private Inspector {
 public:
  struct Setting {
    ExecutionIdentity identity;
    Payload input;
    Payload variables;  // assigned by a state before, as an object; may be absent
    Pretence pretence;
    int64_t now_ms = 0;
    uint64_t seed = 0;
  };
  // The machine has the state as `tested_name` (tested_machine.h).
  StateTest(std::shared_ptr<const StateMachine> machine, Setting setting);

  const State& state() const;
  // Ends what evaluates expressions when it is set (Surrounding::stop); null: nobody does.
  void stop_by(const std::atomic<bool>* stop) { surrounding_.stop = stop; }
  // Runs the state up to its result, or to its end.
  void enter();
  // The state waits for a result: of a Task, a Map or a Parallel.
  bool needs_result() const;
  // It is a Map whose ItemReader has not been given what it reads.
  bool needs_items() const { return needs_result() && reader() != nullptr && !read_; }
  // What the reader has found, as an array; absent: the items are in the state's input.
  void give_items(const Payload& items);
  const ItemReader* reader() const;  // null if it has none
  // The event of the Task's attempt.
  const Entry& scheduled() const;
  void give_result(const Payload& result);
  void give_failure(std::optional<std::string> error, std::optional<std::string> cause);
  TestOutcome outcome() const;
  // The data at each stage that the state has come by; the last one counts.
  const std::map<DataStage, Payload>& stages() const { return stages_; }
  // All that is assigned now, as one object; absent if nothing is.
  Payload variables() const;
  // Of a Map that has begun: how many iterations it has.
  int64_t iterations() const { return iterations_; }
  // The array of its batches, and of the items that its reader was led to by ItemsPointer; absent
  // where there are none.
  const Payload& batches() const { return batches_; }
  const Payload& pointed_items() const { return pointed_items_; }
  // Whether so many failed ones are more than it says that it bears.
  bool exceeds_tolerated(int64_t failed) const;

 private:
  std::string task_token(const Execution& execution, EventId scheduled) override;
  bool reserve(const Execution&, const Entry&, std::string&) override { return false; }
  void saw(const Frame& frame, DataStage stage, const Payload& data) override;
  void failed(const Frame& frame, const Failure& failure) override;
  Pretence pretence() const override { return setting_.pretence; }
  void give(const Input& input);
  void act(const std::function<void(Run&)>& act);
  void keep(Burst burst);
  void assign_variables();
  void begin_map(const Payload& array);
  const Frame* frame() const { return execution_.frame(0); }
  std::optional<double> number(DataStage stage) const;

  Setting setting_;
  Limits limits_;
  SeededRandom random_;
  Execution execution_;
  Surrounding surrounding_;
  std::vector<Entry> entries_;
  std::map<DataStage, Payload> stages_;
  std::optional<Failure> failure_;  // the last one
  int64_t iterations_ = 0;
  Payload batches_, pointed_items_;
  bool read_ = false;
};

}  // namespace perdure::asl

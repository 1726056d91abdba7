#pragma once
#include <memory>
#include <optional>

#include "asl/execution/execution.h"
#include "asl/execution/inspector.h"
#include "asl/scope.h"
#include "asl/template/query.h"

namespace perdure::asl {

// A state's data on its way through the state: text until someone looks inside.
struct Data {
  Payload payload;  // absent: only `value` is known
  Value value;      // undefined: not parsed yet

  Data() = default;
  Data(Payload text) : payload(std::move(text)) {}  // NOLINT: both forms are data
  Data(Value parsed) : value(parsed) {}             // NOLINT
};

// The evaluation of one state's fields at one moment: an arena, the parsed input, the context
// object. Lives within one call of advance.
class Evaluation final : public Environment {
 public:
  // `inspector` may be null.
  Evaluation(const Execution& execution, const Frame& frame, Random& random, Budget budget,
             int64_t now_ms, Inspector* inspector)
      : execution_(execution),
        frame_(frame),
        random_(random),
        steps_(budget.steps),
        now_ms_(now_ms),
        budget_(budget),
        inspector_(inspector) {}

  Arena& arena() { return arena_; }
  int64_t steps_spent() const { return steps_ - budget_.steps; }
  bool exhausted() const { return budget_.exhausted(); }
  // Shows the data to whoever looks on.
  void show(DataStage stage, const Data& data) {
    if (inspector_ == nullptr) return;
    if (auto text = payload(data)) inspector_->saw(frame_, stage, std::move(*text));
  }
  Result<Value> value(Data& data);  // parses once
  // Writes compact JSON if there is no text yet. What is longer than `most` bytes is
  // States.DataLimitExceeded; it is not written to its end, which may be far.
  Result<Payload> payload(const Data& data, size_t most = longest_payload_bytes);

  // `$` is this value; `$$` the context object of the frame's state; `$name` the variables of the
  // frame and of those around it.
  Result<Scope> scope(Data& input);
  // For JSONata: `$name` the variables, `$states` the state's input, its context object and, where
  // the field may see it, one thing more: {"result", ...} or {"errorOutput", ...}. Of all that,
  // what the query reads.
  struct Seen {
    std::string_view as;
    Data data;
  };
  Result<Scope> query_scope(const Query& query, Seen seen = {});
  // Where the last query failed, "Output/a": for the EvaluationFailed event.
  std::string failed_at;
  void set_task_token(std::string token) { token_ = std::move(token); }
  // The item of an iteration that is about to start: `$$.Map.Item` in an ItemSelector.
  void set_item(int64_t index, const Payload& item);

  Result<Value> context() override;
  Result<Value> variable(std::string_view name) override;
  Result<Value> variables();  // those that the frame sees, as one object; undefined: none

 private:
  // Of data without a quota: the items of a Map.
  static constexpr size_t longest_payload_bytes = size_t{32} << 20;

  Result<Value> states(const Query::Reads& reads, Seen seen);
  Result<Value> map_item();
  Value text(std::string_view s) { return Value::string(s, arena_); }

  const Execution& execution_;
  const Frame& frame_;
  Random& random_;
  const int64_t steps_;
  const int64_t now_ms_;
  Budget budget_;
  Inspector* const inspector_;
  Arena arena_;
  std::optional<Value> context_;
  std::vector<Member> read_variables_;  // so far
  Data raw_input_;                      // as queries have read it
  std::optional<std::string> token_;
  int64_t item_index_ = -1;
  Payload item_;
};

// States.DataLimitExceeded of a state or task, in AWS's words.
Error data_limit_exceeded(const std::string& what);

}  // namespace perdure::asl

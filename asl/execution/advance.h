#pragma once
// The decider: from one input to the next point where the execution must wait. Pure: clock, chance
// and tokens are given; nothing is read or written but the execution.

#include <atomic>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "asl/execution/execution.h"
#include "asl/execution/inspector.h"
#include "base/clock.h"

namespace perdure::asl {

// AWS's quotas by default; every one is a setting.
struct Limits {
  int64_t max_events = 25'000;
  int64_t max_payload_bytes = 262'144;
  int64_t inline_map_concurrency = 40;
  int64_t burst_entries = 1'000;
  int64_t burst_bytes = 1 << 20;
  int64_t burst_steps = 10'000;  // of evaluation; a burst that has taken them ends with its state
  int64_t expression_steps = 5'000'000;  // that the expressions of one state may take in a burst
  int64_t max_execution_ms = 365LL * 24 * 3600 * 1000;
  int64_t express_execution_ms = 300'000;
};

// What the outside lends to one call of advance.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  // The token that names the attempt whose Scheduled event will have this id. Minted before the
  // Parameters are evaluated; deterministic.
  virtual std::string task_token(const Execution& execution, EventId scheduled) = 0;
  // Why no attempt of this task can be scheduled ("The activity ... does not exist."), asked before
  // its Scheduled entry.
  virtual std::optional<std::string> refusal(const Execution& execution,
                                             const TaskResource& resource) {
    (void)execution, (void)resource;
    return std::nullopt;
  }
  // Asked right after a Scheduled entry: true if the attempt may be called started at once, because
  // a worker is already reserved for it or because starting it is our own act. `request_id` is then
  // recorded in the Started entry.
  virtual bool reserve(const Execution& execution, const Entry& scheduled,
                       std::string& request_id) = 0;
};

struct Surrounding {
  int64_t now_ms;
  Random& random;
  Surroundings& outside;
  const Limits& limits;
  // What the call's expressions may take before it is abandoned: the caller has work that must not
  // wait for them. By default they may take all that the limits allow.
  int64_t patience_steps = std::numeric_limits<int64_t>::max();
  // Ends an expression, as if its steps were used up; null: nobody does.
  const std::atomic<bool>* stop = nullptr;
  Inspector* inspector = nullptr;  // null: nobody looks on
};

namespace input {

struct Start {
  ExecutionIdentity identity;
  Payload input;             // exactly the text that was given
  std::string parent_actor;  // of a child execution, opaque here
  EventId parent_event = 0;
  std::string trace_header;
  std::string map_run_arn;  // of a map run's child, with what follows
  int64_t item_count = 0;
  bool described = false;  // its end is told with its whole description
};
// An attempt's worker has it now.
struct AttemptStarted {
  EventId scheduled = 0;
  std::string request_id;
  std::string worker_name;  // activities
};
// The service answered. For .sync and .waitForTaskToken this submits the task (`child_arn` names
// what runs on), otherwise it ends the attempt.
struct AttemptAnswered {
  EventId scheduled = 0;
  Payload output;  // compact JSON
  std::string child_arn;
};
// The job behind .sync ended well, or a callback brought the token.
struct AttemptCompleted {
  EventId scheduled = 0;
  Payload output;
};
// The attempt failed. Error and cause may be absent (SendTaskFailure without them).
struct AttemptFailed {
  EventId scheduled = 0;
  std::optional<std::string> error;
  std::optional<std::string> cause;
};
// The map run that this MapRunStarted or MapRunRedriven event began has ended.
struct MapRunEnded {
  FrameId frame = 0;
  EventId started = 0;
  bool succeeded = false;
  Payload output;  // the state's result; of one that failed: absent
  std::optional<std::string> error;
  std::optional<std::string> cause;
};
// Time has passed: everything due at `now_ms` happens.
struct Due {};
// The last burst ended at its bound.
struct Continue {};
struct Stop {
  std::optional<std::string> error;
  std::optional<std::string> cause;
};
// What failed or was aborted is run again; the caller has found that it may be. With `from` the
// execution goes on with that state of its own instead, which begins with `input`.
struct Redrive {
  std::string client_token;
  std::string from;
  Payload input;
  std::string definition_hash;                  // with `from`: of what runs from now on
  std::shared_ptr<const StateMachine> machine;  // the same, parsed
};

}  // namespace input

using Input = std::variant<input::Start, input::AttemptStarted, input::AttemptAnswered,
                           input::AttemptCompleted, input::AttemptFailed, input::MapRunEnded,
                           input::Due, input::Continue, input::Stop, input::Redrive>;

// What must happen outside because of an entry; nothing of it starts before the entry is durable.
struct DispatchTask {  // do the work of this attempt
  EventId scheduled = 0;
  bool started = false;  // its Started entry is in the same burst
};
struct CancelAttempt {  // its answer is no longer wanted
  EventId scheduled = 0;
  std::string child_arn;  // a child of .sync to stop; may be empty
};
struct StartMapRun {  // as its MapRunStarted entry says
  Entry started;
};
struct RedriveMapRun {  // one that has ended, or is about to: as its MapRunRedriven entry says
  std::string arn;
  FrameId frame = 0;
  EventId redriven = 0;
};
struct StopMapRun {  // its end is no longer wanted
  std::string arn;
};
struct ExecutionClosed {};  // tell whoever waits
using Effect = std::variant<DispatchTask, CancelAttempt, StartMapRun, RedriveMapRun, StopMapRun,
                            ExecutionClosed>;

// Derives the effects of an entry. `before` is the execution as it was before the entry.
void effects_of(const Entry& entry, const Execution& before, std::vector<Effect>& effects);

struct Burst {
  std::vector<Entry> entries;  // already applied to the execution; empty: the input was stale
  std::vector<Effect> effects;
  bool more = false;  // ended at the bound: call again with Continue
  // The surrounding's patience was not enough. Nothing else is told; the execution is between two
  // states of its own and must be thrown away. What `outside` was asked was asked in vain.
  bool abandoned = false;
};

// Appends to `execution` what follows from `input`. An answer for an attempt that is no longer
// current changes nothing.
Burst advance(Execution& execution, const Input& input, const Surrounding& surrounding);

}  // namespace perdure::asl

#pragma once
// Who does a task's work. The engine dispatches an attempt once its Scheduled entry is durable; the
// answer comes back later through the AnswerSink and becomes an input of the execution. A late or
// repeated answer names an attempt that is no longer current and is dropped.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "asl/states/task.h"
#include "asl/value/payload.h"
#include "engine/keys.h"

namespace perdure::engine {

struct HttpTrace;

// Names an attempt to the outside: (execution, event id of its Scheduled event).
struct AttemptId {
  ActorKey execution;
  int64_t scheduled = 0;
  auto operator<=>(const AttemptId&) const = default;
};

struct TaskRequest {
  AttemptId attempt;
  Tenant tenant;
  std::string execution_arn;
  std::string state_machine_arn;
  std::string state_name;
  asl::TaskResource resource;
  asl::Payload parameters;  // compact JSON: the input of a function, the Parameters of a service
  std::string request_id;   // set: the attempt was reserved and its Started entry is durable
  std::string trace_header;
  int64_t attempt_number = 0;     // retries before this one
  std::string task_token;         // of an activity or .waitForTaskToken: what it is answered with
  int64_t timeout_seconds = 0;    // of the state; 0: none is set
  int64_t heartbeat_seconds = 0;  // the same
  asl::Payload submitted{};       // of a job behind .sync: what its start has given
  std::shared_ptr<HttpTrace> trace{};  // null: nobody looks on
};

namespace answer {
// A worker is reserved and waits; it gets the request when the engine calls `go`, after the Started
// entry has become durable.
struct Ready {
  std::string request_id;
  std::string worker_name{};  // of an activity's worker
};
// The service has answered. Of .sync and .waitForTaskToken: it has taken the task over.
struct Succeeded {
  asl::Payload output;  // compact JSON
};
// The job behind .sync has ended well.
struct Completed {
  asl::Payload output;  // compact JSON
};
struct Failed {
  std::optional<std::string> error;
  std::optional<std::string> cause;
};
}  // namespace answer
using TaskAnswer =
    std::variant<answer::Ready, answer::Succeeded, answer::Completed, answer::Failed>;

// Implemented by the engine. Safe from any thread.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void answer(const AttemptId& attempt, TaskAnswer answer) = 0;
};

// Implementations live in executors/. All calls may come from any shard's thread and return at
// once.
class Executor {
 public:
  virtual ~Executor() = default;

  // True if this executor does the work of the resource.
  virtual bool serves(const asl::TaskResource& resource) const = 0;

  // Why no attempt can be scheduled, in AWS's words; nothing for most resources, whose attempts
  // fail by themselves.
  virtual std::optional<std::string> refusal(const asl::TaskResource& resource) const {
    (void)resource;
    return std::nullopt;
  }

  // Tries to reserve what the attempt needs (a warm worker) without waiting. On success the request
  // id under which the attempt will run; the reservation is used by the dispatch that follows, or
  // given back by cancel.
  virtual std::optional<std::string> reserve(const TaskRequest& request) = 0;

  // Starts the attempt. With a request id: runs at once. Without: finds a worker, answers Ready,
  // and runs after `go`.
  virtual void dispatch(TaskRequest request) = 0;
  virtual void go(const AttemptId& attempt) = 0;

  // The answer is no longer wanted. What already runs may run on (as on AWS).
  virtual void cancel(const AttemptId& attempt) = 0;

  // After a restart: the attempt's Started entry is durable. Answers as usual if the worker still
  // has it (or its answer); otherwise answers Failed{"Lambda.ServiceException"}, or runs it again
  // if the operator has set after_crash = rerun. A job behind .sync that has been submitted is
  // followed on.
  virtual void recover(TaskRequest request) = 0;
};

}  // namespace perdure::engine

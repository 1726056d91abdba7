#pragma once
// Everything that happens to an execution is an entry. Public entries are AWS's history events, one
// to one; notes record what AWS keeps to itself but a fold needs. The journal stores entries
// (engine/journal), GetExecutionHistory shows the public ones.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/value/payload.h"
#include "base/result.h"

namespace perdure::asl {

using EventId = int64_t;   // 1, 2, 3, ... without gaps within an execution; 0: none
using FrameId = uint32_t;  // 0: the execution's own states; others: a branch or an iteration

// The numbers are written to disk: never change or reuse one. 1-62 are HistoryEventType in the
// order of the service model, notes start at 128.
enum class EntryType : uint8_t {
  ActivityFailed = 1,
  ActivityScheduled = 2,
  ActivityScheduleFailed = 3,
  ActivityStarted = 4,
  ActivitySucceeded = 5,
  ActivityTimedOut = 6,
  ChoiceStateEntered = 7,
  ChoiceStateExited = 8,
  ExecutionAborted = 9,
  ExecutionFailed = 10,
  ExecutionStarted = 11,
  ExecutionSucceeded = 12,
  ExecutionTimedOut = 13,
  FailStateEntered = 14,
  LambdaFunctionFailed = 15,
  LambdaFunctionScheduled = 16,
  LambdaFunctionScheduleFailed = 17,
  LambdaFunctionStarted = 18,
  LambdaFunctionStartFailed = 19,
  LambdaFunctionSucceeded = 20,
  LambdaFunctionTimedOut = 21,
  MapIterationAborted = 22,
  MapIterationFailed = 23,
  MapIterationStarted = 24,
  MapIterationSucceeded = 25,
  MapStateAborted = 26,
  MapStateEntered = 27,
  MapStateExited = 28,
  MapStateFailed = 29,
  MapStateStarted = 30,
  MapStateSucceeded = 31,
  ParallelStateAborted = 32,
  ParallelStateEntered = 33,
  ParallelStateExited = 34,
  ParallelStateFailed = 35,
  ParallelStateStarted = 36,
  ParallelStateSucceeded = 37,
  PassStateEntered = 38,
  PassStateExited = 39,
  SucceedStateEntered = 40,
  SucceedStateExited = 41,
  TaskFailed = 42,
  TaskScheduled = 43,
  TaskStarted = 44,
  TaskStartFailed = 45,
  TaskStateAborted = 46,
  TaskStateEntered = 47,
  TaskStateExited = 48,
  TaskSubmitFailed = 49,
  TaskSubmitted = 50,
  TaskSucceeded = 51,
  TaskTimedOut = 52,
  WaitStateAborted = 53,
  WaitStateEntered = 54,
  WaitStateExited = 55,
  MapRunAborted = 56,
  MapRunFailed = 57,
  MapRunStarted = 58,
  MapRunSucceeded = 59,
  ExecutionRedriven = 60,
  MapRunRedriven = 61,
  EvaluationFailed = 62,

  TimerArmed = 128,      // frame, due_ms: a Wait state waits
  RetryScheduled = 129,  // frame, due_ms, index (of the retrier): the state is tried again then
};

inline bool is_event(EntryType type) { return static_cast<uint8_t>(type) < 128; }

// "TaskScheduled": the name AWS uses, also for notes.
std::string_view entry_type_name(EntryType type);

// What a field of an entry means. The numbers are written to disk: never change or reuse one.
enum class Field : uint8_t {
  // shown in the history
  name = 1,  // state or map state
  input = 2,
  output = 3,
  resource = 4,  // LambdaFunctionScheduled, ActivityScheduled: the ARN; Task*: "invoke"
  resource_type = 5,
  region = 6,
  parameters = 7,
  error = 8,
  cause = 9,
  timeout_seconds = 10,    // number
  heartbeat_seconds = 11,  // number
  role_arn = 12,
  length = 13,  // number
  index = 14,   // number
  worker_name = 15,
  credentials_role = 16,
  location = 17,
  state = 18,
  version_arn = 19,
  alias_arn = 20,
  map_run_arn = 21,
  redrive_count = 22,  // number
  assigned_variables = 23,

  // kept to ourselves
  next = 64,             // StateExited: the transition taken; absent: the graph ends here
  due_ms = 65,           // number: UTC ms of a timer, a retry, a task's timeout
  parent = 66,           // number: frame of the container
  first_frame = 67,      // number: ParallelStateStarted: the branches' frames count up from here
  items = 68,            // MapStateStarted: the array that is mapped
  max_concurrency = 69,  // number: MapStateStarted
  arn = 70,              // Scheduled: the Resource as written; ExecutionStarted: the execution's
  request_id = 71,       // Started: names the attempt to the function runtime
  machine_arn = 72,      // ExecutionStarted
  machine_name = 73,
  definition = 74,    // ExecutionStarted: SHA-256 of the definition, 64 hexadecimal digits;
                      // ExecutionRedriven: of the one that takes its place
  type = 75,          // ExecutionStarted: number, MachineType
  parent_actor = 76,  // ExecutionStarted of a child: who waits for it (engine's to read)
  parent_event = 77,  // number
  trace_header = 78,
  child_arn = 79,       // TaskSubmitted of .sync: the child to stop when this attempt ends early
  pattern = 80,         // Scheduled: number, TaskPattern
  attempt = 81,         // number: TimedOut, Aborted: the Scheduled event of the attempt that ended
  execution_name = 83,  // ExecutionStarted
  child_input = 84,     // ParallelStateStarted, MapIterationStarted: what the children begin with
  compact_input = 82,   // ExecutionStarted: the input without spaces, where it had some
  map_run = 85,         // MapRunStarted: the settings of the map run, a JSON object
  selector_input = 86,  // MapRunStarted: what the ItemSelector sees as the state's input
  parent_map_run = 87,  // ExecutionStarted of a map run's child: the map run's ARN
  item_count = 88,      // ExecutionStarted of a map run's child: number of items in its input
  described = 89,       // ExecutionStarted of a map run's child: 1, its whole description is wanted
  client_token = 96,    // ExecutionRedriven: the caller's name for the redrive
  from = 97,            // ExecutionRedriven: the state to begin with; absent: where it failed
  redrive_input = 98,   // ExecutionRedriven: what `from` begins with; absent: what was to come
};

class Entry {
 public:
  Entry() = default;
  Entry(EntryType type_, FrameId frame_) : type(type_), frame(frame_) {}

  EntryType type{};
  FrameId frame = 0;
  EventId id = 0;        // 0 for notes
  EventId previous = 0;  // previousEventId
  int64_t timestamp_ms = 0;

  struct FieldValue {
    Field field;
    bool is_number;
    int64_t number;
    Payload text;
    bool operator==(const FieldValue&) const = default;
  };
  std::vector<FieldValue> fields;  // in the order they were set

  Entry& set(Field field, int64_t number);
  Entry& set(Field field, Payload text);           // an absent payload sets nothing
  Entry& set(Field field, std::string_view text);  // copies
  bool has(Field field) const { return find(field) != nullptr; }
  int64_t number(Field field, int64_t otherwise = 0) const;
  Payload payload(Field field) const;        // absent if not set
  std::string_view text(Field field) const;  // empty if not set
  const FieldValue* find(Field field) const;

  bool operator==(const Entry&) const = default;

 private:
  Entry& add(FieldValue value);
};

}  // namespace perdure::asl

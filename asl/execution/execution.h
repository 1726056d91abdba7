#pragma once
// The fold: the state of one execution, made from its entries and from nothing else. `apply` is the
// only writer, evaluates no expression and cannot fail; `advance` (advance.h) is the only decider.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "asl/execution/entry.h"
#include "asl/machine.h"
#include "asl/parse/parse.h"

namespace perdure::asl {

enum class ExecutionStatus : uint8_t {
  not_started,
  running,
  succeeded,
  failed,
  timed_out,
  aborted
};

// "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED".
std::string_view status_name(ExecutionStatus status);

// What an execution is called; from its ExecutionStarted entry.
struct ExecutionIdentity {
  std::string arn;
  std::string name;
  std::string machine_arn;  // without version or alias
  std::string machine_name;
  std::string role_arn;
  std::string definition_hash;
  MachineType type = MachineType::standard;
  std::string version_arn, alias_arn;  // through which it was started; empty: neither
};

// A task's attempt: named to the outside by (execution, scheduled).
struct Attempt {
  EventId scheduled = 0;  // 0: none under way
  bool started = false;
  bool submitted = false;
  TaskPattern pattern = TaskPattern::request_response;
  int64_t timeout_due_ms = 0;    // 0: never
  int64_t heartbeat_ms = 0;      // allowed silence; 0: no heartbeat asked for
  int64_t heartbeat_due_ms = 0;  // in memory only: restarts full after a recovery
  std::string request_id;
  std::string child_arn;
  Payload submitted_output;  // what the start of a job, or of a wait for a token, has given
  Entry schedule;            // the Scheduled entry: what to dispatch again after a crash
};

enum class Phase : uint8_t {
  ready,     // about to enter `next_state` with `input`
  active,    // inside one step of advance; never seen between bursts
  waiting,   // Wait state: until due_ms
  task,      // attempt under way
  backoff,   // until due_ms, then the state is tried again
  children,  // Parallel or Map: its frames run
  map_run,   // Map in DISTRIBUTED mode: its map run runs
  done,      // the graph ended
  aborted,   // ended by a sibling's failure or from outside; kept for redrive
};

// One thread of states: the execution's own, a branch, or an iteration.
struct Frame {
  FrameId id = 0;
  FrameId parent = 0;  // meaningless for frame 0
  int64_t index = 0;   // of the branch or iteration
  const StateGraph* graph = nullptr;
  Phase phase = Phase::ready;
  std::string next_state;  // phase ready
  bool inside = false;     // `state` has been entered and not left
  Payload input;           // of the state, before InputPath; phase done: the output
  const State* state = nullptr;
  EventId last_event = 0;  // previousEventId of what comes next
  EventId entered_event = 0;
  EventId entered_after = 0;  // its previousEventId
  int64_t entered_ms = 0;
  int64_t due_ms = 0;  // phases waiting and backoff
  std::vector<int64_t> retrier_attempts;
  int64_t retry_count = 0;
  Attempt attempt;  // phase task

  Payload item;  // of an iteration: `$$.Map.Item.Value`
  // Assigned in this frame, by name, compact JSON; frames inside read them too.
  std::map<std::string, Payload, std::less<>> variables;

  // phase children
  std::vector<Payload> results;  // by index; absent: not there yet
  int64_t running = 0;           // children under way
  int64_t finished = 0;          // children succeeded
  int64_t next_index = 0;        // Map: the next iteration to start
  int64_t max_concurrency = 0;
  std::vector<Payload> items;  // Map: what each iteration is about
  EventId started_event = 0;
  EventId join_event = 0;   // the last event of the child that finished last
  std::string map_run_arn;  // of the state, while it is in it
  int64_t map_run_redrives = 0;
  bool map_run_over = false;  // it has nothing left that a redrive could run again
};

class Execution {
 public:
  explicit Execution(std::shared_ptr<const StateMachine> machine);

  void apply(const Entry& entry);
  // The definition that a redrive brings with it; before its entry is applied.
  void redefine(std::shared_ptr<const StateMachine> machine) { machine_ = std::move(machine); }

  const StateMachine& machine() const { return *machine_; }
  const ExecutionIdentity& identity() const { return identity_; }
  ExecutionStatus status() const { return status_; }
  bool closed() const { return status_ > ExecutionStatus::running; }
  EventId last_event() const { return last_event_; }
  int64_t last_timestamp_ms() const { return last_timestamp_ms_; }
  int64_t started_ms() const { return started_ms_; }
  int64_t deadline_ms() const { return deadline_ms_; }  // UTC; 0: none
  int64_t redrive_count() const { return redrive_count_; }
  // The last ten, oldest first.
  struct Redrive {
    std::string client_token;
    int64_t moment_ms;
  };
  const std::vector<Redrive>& redrives() const { return redrives_; }
  const Payload& input() const { return input_; }  // as StartExecution gave it
  const Payload& output() const { return output_; }
  const std::optional<std::string>& error() const { return error_; }
  const std::optional<std::string>& cause() const { return cause_; }

  const std::map<FrameId, Frame>& frames() const { return frames_; }
  const Frame* frame(FrameId id) const;
  // The frame whose attempt was scheduled by this event and is still under way, or null.
  const Frame* frame_of_attempt(EventId scheduled) const;
  FrameId next_frame_id() const { return next_frame_id_; }
  const std::set<FrameId>& ready() const { return ready_; }

  // The earliest moment at which something has to happen by itself (timer, retry, task timeout,
  // heartbeat, the machine's TimeoutSeconds); nothing if never.
  std::optional<int64_t> next_due_ms() const;
  // A task's attempt is under way: recovery must look at this execution.
  bool has_open_attempts() const;

  // Not an entry: a heartbeat moves a deadline that lives in memory only.
  void heartbeat(EventId scheduled, int64_t now_ms);

  // A text of the whole state, for comparing a live execution with a replayed one.
  std::string describe() const;

 private:
  void apply_event(const Entry& entry);
  void apply_note(const Entry& entry);
  void start(const Entry& entry);
  void enter(const Entry& entry);
  void exit(const Entry& entry);
  void start_branches(const Entry& entry);
  void start_map(const Entry& entry);
  void start_iteration(const Entry& entry);
  void finish_child(Frame& container, Frame& child, EventId join);
  void schedule(const Entry& entry);
  void end_attempt(Frame& frame);
  void close(const Entry& entry, ExecutionStatus status);
  void redrive(const Entry& entry);
  void restart_from(const Entry& entry);
  void reopen(Frame& frame);
  void abort_frame(Frame& frame);
  void abort_children(FrameId container);
  void drop_children(FrameId container);
  void drop_frame(FrameId id);
  std::vector<FrameId> children_of(FrameId container) const;
  Frame& add_frame(FrameId id, FrameId parent, int64_t index, const StateGraph& graph);
  Frame& at(FrameId id);
  void set_phase(Frame& frame, Phase phase);

  std::shared_ptr<const StateMachine> machine_;
  ExecutionIdentity identity_;
  ExecutionStatus status_ = ExecutionStatus::not_started;
  EventId last_event_ = 0;
  int64_t last_timestamp_ms_ = 0;
  int64_t started_ms_ = 0;
  int64_t deadline_ms_ = 0;  // the machine's TimeoutSeconds; 0: none
  int64_t redrive_count_ = 0;
  std::vector<Redrive> redrives_;
  Payload input_;
  Payload output_;
  std::optional<std::string> error_;
  std::optional<std::string> cause_;
  std::map<FrameId, Frame> frames_;
  std::set<FrameId> ready_;
  std::map<EventId, FrameId> attempts_;  // by scheduled event
  FrameId next_frame_id_ = 1;
};

}  // namespace perdure::asl

#pragma once
// One call of advance: appends entries to the execution, applies each at once, and collects what
// must be written and what must happen outside. The states' files (asl/states) work through it.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "asl/execution/advance.h"
#include "asl/execution/evaluation.h"

namespace perdure::asl {

// Why a state failed, as Retry and Catch see it.
struct Failure {
  std::optional<std::string> error;  // absent after SendTaskFailure without an error
  std::optional<std::string> cause;
  bool from_task = false;   // States.TaskFailed matches it
  bool heartbeat = false;   // a States.Timeout that States.HeartbeatTimeout matches too
  bool final = false;       // States.Runtime: neither Retry nor Catch sees it
  bool evaluation = false;  // of a JSONata field: it has an event of its own
};

// What a state is left with: its output, and what its Assign gives (absent: nothing).
struct Exit {
  Data output;
  Data assigned;
};

// The retrier or catcher of the state for the failure, by its place; nothing if none is.
std::optional<int64_t> retrier_index(const State& state, const Failure& failure);
std::optional<int64_t> catcher_index(const State& state, const Failure& failure);

class Run {
 public:
  Run(Execution& execution, const Surrounding& surrounding)
      : execution_(execution), surrounding_(surrounding) {}

  const Execution& execution() const { return execution_; }
  const Surrounding& surrounding() const { return surrounding_; }
  int64_t now_ms() const { return now_ms_; }
  bool closed() const { return execution_.closed(); }

  // Appends an event after `previous` and applies it; its id is returned. Once the execution has
  // ended nothing more is appended.
  EventId append(Entry entry, EventId previous);
  void note(Entry entry, EventId previous = 0);
  // The id that the next event will have.
  EventId next_event() const { return execution_.last_event() + 1; }

  // The evaluation of a frame's current state; one for a whole burst, so that a Map's input is
  // parsed once for all the iterations started in it.
  Evaluation& evaluation(const Frame& frame);
  void forget_evaluation(FrameId frame);

  void leave(const Frame& frame, const Exit& exit, const std::string& next, EventId previous);
  // The frame's state has failed at this event: Retry, Catch, or the frame ends with it.
  void fail(const Frame& frame, const Failure& failure, EventId at);
  // The same with an error of evaluating one of the state's fields.
  void fail(const Frame& frame, const Error& error, EventId at);

  // What the run does by itself.
  void handle(const Input& input);
  void run_ready();
  Burst take();

 private:
  void start(const input::Start& start);
  void stop(const input::Stop& stop);
  void redrive(const input::Redrive& redrive);
  int64_t deadline_ms(MachineType type, int64_t started_ms) const;
  void due();
  void step(const Frame& frame);
  bool retry(const Frame& frame, const Failure& failure, EventId at);
  const Catcher* catcher_of(const Frame& frame, const Failure& failure) const;
  void catch_failure(const Frame& frame, const Catcher& catcher, const Failure& failure,
                     EventId at);
  void cannot_catch(const Frame& frame, const Error& error, EventId at);
  EventId evaluation_failed(const Frame& frame, const Failure& failure, EventId at);
  EventId close_container(const Frame& frame, const Failure& failure, EventId at);
  void end_with(const Frame& frame, const Failure& failure, EventId at);
  void abort_siblings(const Frame& container, FrameId failed, EventId at);
  void abort_running(const Frame& frame, EventId at);
  bool at_bound() const;
  int64_t room_steps() const { return surrounding_.patience_steps - steps_; }
  void look_at(const Evaluation& evaluation);

  Execution& execution_;
  const Surrounding& surrounding_;
  int64_t now_ms_ = 0;
  int64_t bytes_ = 0;
  int64_t steps_ = 0;
  Burst burst_;
  std::map<FrameId, Evaluation> evaluations_;
};

}  // namespace perdure::asl

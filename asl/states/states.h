#pragma once
// One function per state type and moment; each appends what happens through the Run.

#include "asl/execution/run.h"

namespace perdure::asl {

// The state has been entered (its Entered event is appended).
void enter(const PassState& pass, const Frame& frame, Run& run);
void enter(const TaskState& task, const Frame& frame, Run& run);
void enter(const ChoiceState& choice, const Frame& frame, Run& run);
void enter(const WaitState& wait, const Frame& frame, Run& run);
void enter(const SucceedState& succeed, const Frame& frame, Run& run);
void enter(const FailState& fail, const Frame& frame, Run& run);
void enter(const ParallelState& parallel, const Frame& frame, Run& run);
void enter(const MapState& map, const Frame& frame, Run& run);

// The state is tried again after a Retry's delay.
void try_again(const Frame& frame, Run& run);

// A redrive runs the state again that failed or was aborted, without entering it again.
void run_again(const Frame& frame, Run& run);
// A redrive has reopened the container's unfinished branches or iterations: what was not begun yet
// begins. If none was unfinished, the end is tried again, or, as all of it was too large, all.
void go_on(const Frame& container, bool too_large, Run& run);

// Wait: the moment has come.
void wake(const Frame& frame, Run& run);

// Task: what happened to the attempt under way.
void attempt_started(const Frame& frame, const input::AttemptStarted& started, Run& run);
void attempt_answered(const Frame& frame, const input::AttemptAnswered& answered, Run& run);
void attempt_completed(const Frame& frame, const Payload& output, Run& run);
void attempt_failed(const Frame& frame, Failure failure, Run& run);
// Says so; what follows from it is for the caller to bring about.
struct TimedOut {
  FrameId frame;
  Failure failure;
  EventId event;
};
TimedOut attempt_timed_out(const Frame& frame, bool heartbeat, Run& run);

// Map in DISTRIBUTED mode: its map run has ended.
void map_run_ended(const Frame& frame, const input::MapRunEnded& ended, Run& run);

// Parallel and Map: a branch or an iteration of this container has ended with `exit`.
void branch_finished(const Frame& container, Run& run);
void iteration_finished(const Frame& container, EventId exit, Run& run);
// Map: iterations begin until as many run as may; false if that ended the frame.
bool start_iterations(const Frame& container, EventId previous, Run& run);

}  // namespace perdure::asl

#include "asl/execution/run.h"

#include "asl/states/states.h"

namespace perdure::asl {
namespace {

EntryType entered_type(const State& state) {
  static constexpr EntryType types[] = {
      EntryType::PassStateEntered,     EntryType::TaskStateEntered,
      EntryType::ChoiceStateEntered,   EntryType::WaitStateEntered,
      EntryType::SucceedStateEntered,  EntryType::FailStateEntered,
      EntryType::ParallelStateEntered, EntryType::MapStateEntered};
  return types[state.kind.index()];
}

EntryType exited_type(const State& state) {
  PD_ASSERT(!std::holds_alternative<FailState>(state.kind));  // a Fail state is never left
  static constexpr EntryType types[] = {EntryType::PassStateExited,     EntryType::TaskStateExited,
                                        EntryType::ChoiceStateExited,   EntryType::WaitStateExited,
                                        EntryType::SucceedStateExited,  EntryType::ExecutionFailed,
                                        EntryType::ParallelStateExited, EntryType::MapStateExited};
  return types[state.kind.index()];
}

bool carries_data(Field field) {
  switch (field) {
    case Field::input:
    case Field::output:
    case Field::parameters:
    case Field::compact_input:
    case Field::child_input:
    case Field::redrive_input:
      return true;
    default:
      return false;
  }
}

bool closes(EntryType type) {
  return type == EntryType::ExecutionFailed || type == EntryType::ExecutionSucceeded ||
         type == EntryType::ExecutionTimedOut || type == EntryType::ExecutionAborted;
}

}  // namespace

EventId Run::append(Entry entry, EventId previous) {
  if (closed() && entry.type != EntryType::ExecutionRedriven) return 0;
  // The last event that the quota leaves room for says that it is used up.
  if (next_event() >= surrounding_.limits.max_events && !closes(entry.type)) {
    entry = Entry(EntryType::ExecutionFailed, 0);
    entry.set(Field::error, "States.Runtime")
        .set(Field::cause, "The execution reached the maximum number of history events (" +
                               std::to_string(surrounding_.limits.max_events) + ").");
    previous = execution_.last_event();
  }
  entry.id = next_event();
  entry.previous = previous;
  entry.timestamp_ms = now_ms_;
  for (Entry::FieldValue& value : entry.fields) {
    bytes_ += static_cast<int64_t>(value.text.size());
    if (value.is_number || !carries_data(value.field) || value.text.origin().event != 0) continue;
    value.text = value.text.with_origin({entry.id, static_cast<uint8_t>(value.field)});
  }
  effects_of(entry, execution_, burst_.effects);
  execution_.apply(entry);
  burst_.entries.push_back(std::move(entry));
  return execution_.last_event();
}

void Run::note(Entry entry, EventId previous) {
  if (closed()) return;
  entry.previous = previous;
  entry.timestamp_ms = now_ms_;
  execution_.apply(entry);
  burst_.entries.push_back(std::move(entry));
}

Evaluation& Run::evaluation(const Frame& frame) {
  const int64_t steps = std::min(surrounding_.limits.expression_steps, room_steps());
  return evaluations_
      .try_emplace(frame.id, execution_, frame, surrounding_.random,
                   Budget{steps, surrounding_.stop}, now_ms_, surrounding_.inspector)
      .first->second;
}

void Run::forget_evaluation(FrameId frame) {
  const auto gone = evaluations_.find(frame);
  if (gone == evaluations_.end()) return;
  look_at(gone->second);
  evaluations_.erase(gone);
}

// An expression that had less than the limits allow, and too little, has not failed.
void Run::look_at(const Evaluation& evaluation) {
  burst_.abandoned |= evaluation.exhausted() && room_steps() < surrounding_.limits.expression_steps;
  steps_ += evaluation.steps_spent();
}

void Run::leave(const Frame& frame, const Exit& exit, const std::string& next, EventId previous) {
  const auto most = static_cast<size_t>(surrounding_.limits.max_payload_bytes);
  const auto output = evaluation(frame).payload(exit.output, most);
  if (!output) return fail(frame, output.error(), previous);
  const auto assigned = evaluation(frame).payload(exit.assigned, most);
  if (!assigned) return fail(frame, assigned.error(), previous);
  forget_evaluation(frame.id);
  Entry entry(exited_type(*frame.state), frame.id);
  entry.set(Field::name, frame.state->name).set(Field::output, *output);
  entry.set(Field::assigned_variables, *assigned);
  if (!next.empty()) entry.set(Field::next, next);
  const FrameId id = frame.id;
  const FrameId parent = frame.parent;
  const EventId exited = append(std::move(entry), previous);
  if (closed() || !next.empty()) return;
  if (id == 0) {
    append(Entry(EntryType::ExecutionSucceeded, 0).set(Field::output, execution_.frame(0)->input),
           exited);
    return;
  }
  const Frame& container = *execution_.frame(parent);
  if (std::holds_alternative<ParallelState>(container.state->kind)) {
    branch_finished(container, *this);
    return;
  }
  const Frame& iteration = *execution_.frame(id);
  append(Entry(EntryType::MapIterationSucceeded, id)
             .set(Field::name, container.state->name)
             .set(Field::index, iteration.index),
         exited);
  if (!closed()) iteration_finished(container, exited, *this);
}

void Run::step(const Frame& frame) {
  const State* state = frame.graph->find(frame.next_state);
  PD_ASSERT(state != nullptr);
  forget_evaluation(frame.id);
  append(Entry(entered_type(*state), frame.id)
             .set(Field::name, state->name)
             .set(Field::input, frame.input),
         frame.last_event);
  if (closed()) return;
  std::visit([&](const auto& kind) { enter(kind, frame, *this); }, state->kind);
}

bool Run::at_bound() const {
  return static_cast<int64_t>(burst_.entries.size()) >= surrounding_.limits.burst_entries ||
         bytes_ >= surrounding_.limits.burst_bytes || steps_ >= surrounding_.limits.burst_steps;
}

void Run::run_ready() {
  while (!closed() && !burst_.abandoned && !execution_.ready().empty()) {
    if (at_bound()) {
      burst_.more = true;
      return;
    }
    step(*execution_.frame(*execution_.ready().begin()));
  }
}

void Run::start(const input::Start& start) {
  const ExecutionIdentity& identity = start.identity;
  Entry entry(EntryType::ExecutionStarted, 0);
  entry.set(Field::input, start.input)
      .set(Field::role_arn, identity.role_arn)
      .set(Field::arn, identity.arn)
      .set(Field::execution_name, identity.name)
      .set(Field::machine_arn, identity.machine_arn)
      .set(Field::machine_name, identity.machine_name)
      .set(Field::definition, identity.definition_hash)
      .set(Field::type, static_cast<int64_t>(identity.type));
  if (!identity.version_arn.empty()) entry.set(Field::version_arn, identity.version_arn);
  if (!identity.alias_arn.empty()) entry.set(Field::alias_arn, identity.alias_arn);
  if (!start.parent_actor.empty()) {
    entry.set(Field::parent_actor, start.parent_actor).set(Field::parent_event, start.parent_event);
  }
  if (!start.trace_header.empty()) entry.set(Field::trace_header, start.trace_header);
  if (!start.map_run_arn.empty()) {
    entry.set(Field::parent_map_run, start.map_run_arn).set(Field::item_count, start.item_count);
    if (start.described) entry.set(Field::described, int64_t{1});
  }
  // The history shows the input as it was given; everything after works on the compact text.
  Arena arena;
  const auto parsed = parse_json(start.input.text(), arena);
  if (parsed) {
    std::string compact = to_json(*parsed);
    if (compact != start.input.text()) entry.set(Field::compact_input, Payload(std::move(compact)));
  }
  entry.set(Field::due_ms, deadline_ms(identity.type, now_ms_));
  append(std::move(entry), 0);
}

// AWS ends a STANDARD execution after a year, an EXPRESS one after five minutes. The machine's own
// TimeoutSeconds begin anew with a redrive.
int64_t Run::deadline_ms(MachineType type, int64_t started_ms) const {
  const Limits& limits = surrounding_.limits;
  const int64_t last = started_ms + (type == MachineType::express ? limits.express_execution_ms
                                                                  : limits.max_execution_ms);
  const auto& timeout = execution_.machine().timeout_seconds;
  return timeout && *timeout > 0 ? std::min(now_ms_ + *timeout * 1000, last) : last;
}

void Run::redrive(const input::Redrive& redrive) {
  const bool too_large = execution_.error() == "States.DataLimitExceeded";
  if (redrive.machine) execution_.redefine(redrive.machine);
  Entry entry(EntryType::ExecutionRedriven, 0);
  entry.set(Field::redrive_count, execution_.redrive_count() + 1);
  entry.set(Field::due_ms, deadline_ms(execution_.identity().type, execution_.started_ms()));
  if (!redrive.client_token.empty()) entry.set(Field::client_token, redrive.client_token);
  if (!redrive.from.empty()) entry.set(Field::from, redrive.from);
  entry.set(Field::redrive_input, redrive.input);
  if (redrive.machine) entry.set(Field::definition, redrive.definition_hash);
  append(std::move(entry), execution_.last_event());
  // Handling one frame may end another.
  std::vector<FrameId> frames;
  for (const auto& [id, frame] : execution_.frames()) frames.push_back(id);
  for (const FrameId id : frames) {
    const Frame* frame = execution_.frame(id);
    if (closed() || frame == nullptr) continue;
    if (frame->phase == Phase::active) {
      run_again(*frame, *this);
    } else if (frame->phase == Phase::children) {
      go_on(*frame, too_large, *this);
    }
  }
}

void Run::stop(const input::Stop& stop) {
  Entry entry(EntryType::ExecutionAborted, 0);
  if (stop.error) entry.set(Field::error, *stop.error);
  if (stop.cause) entry.set(Field::cause, *stop.cause);
  append(std::move(entry), execution_.last_event());
}

void Run::due() {
  const int64_t deadline = execution_.deadline_ms();
  if (deadline > 0 && deadline <= now_ms_) {
    append(Entry(EntryType::ExecutionTimedOut, 0), execution_.last_event());
    return;
  }
  // What is due is collected first: handling one frame may end another.
  std::vector<FrameId> frames;
  for (const auto& [id, frame] : execution_.frames()) frames.push_back(id);
  std::vector<TimedOut> timed_out;
  for (const FrameId id : frames) {
    const Frame* frame = execution_.frame(id);
    if (closed() || frame == nullptr) continue;
    const Attempt& attempt = frame->attempt;
    if (frame->phase == Phase::waiting && frame->due_ms <= now_ms_) {
      wake(*frame, *this);
    } else if (frame->phase == Phase::backoff && frame->due_ms <= now_ms_) {
      forget_evaluation(id);
      try_again(*frame, *this);
    } else if (frame->phase == Phase::task && attempt.timeout_due_ms > 0 &&
               attempt.timeout_due_ms <= now_ms_) {
      timed_out.push_back(attempt_timed_out(*frame, false, *this));
    } else if (frame->phase == Phase::task && attempt.heartbeat_due_ms > 0 &&
               attempt.heartbeat_due_ms <= now_ms_) {
      timed_out.push_back(attempt_timed_out(*frame, true, *this));
    }
  }
  // Recorded: all attempts that time out at one moment say so before the first has consequences.
  for (const TimedOut& one : timed_out) {
    const Frame* frame = execution_.frame(one.frame);
    if (!closed() && frame != nullptr && frame->phase == Phase::active) {
      fail(*frame, one.failure, one.event);
    }
  }
}

void Run::handle(const Input& input) {
  // One moment for the whole burst, never before the last one.
  now_ms_ = std::max(surrounding_.now_ms, execution_.last_timestamp_ms());
  if (const auto* begin = std::get_if<input::Start>(&input)) {
    PD_ASSERT(execution_.status() == ExecutionStatus::not_started);
    start(*begin);
    return;
  }
  if (const auto* again = std::get_if<input::Redrive>(&input)) {
    if (closed() && execution_.status() != ExecutionStatus::succeeded) redrive(*again);
    return;
  }
  if (execution_.status() != ExecutionStatus::running) return;
  const auto with_attempt = [&](EventId scheduled, auto&& act) {
    const Frame* frame = execution_.frame_of_attempt(scheduled);
    if (frame != nullptr && frame->phase == Phase::task) act(*frame);
  };
  if (const auto* started = std::get_if<input::AttemptStarted>(&input)) {
    with_attempt(started->scheduled, [&](const Frame& f) { attempt_started(f, *started, *this); });
  } else if (const auto* answered = std::get_if<input::AttemptAnswered>(&input)) {
    with_attempt(answered->scheduled,
                 [&](const Frame& f) { attempt_answered(f, *answered, *this); });
  } else if (const auto* completed = std::get_if<input::AttemptCompleted>(&input)) {
    with_attempt(completed->scheduled,
                 [&](const Frame& f) { attempt_completed(f, completed->output, *this); });
  } else if (const auto* failed = std::get_if<input::AttemptFailed>(&input)) {
    with_attempt(failed->scheduled, [&](const Frame& f) {
      attempt_failed(f, Failure{failed->error, failed->cause, true}, *this);
    });
  } else if (const auto* ended = std::get_if<input::MapRunEnded>(&input)) {
    const Frame* frame = execution_.frame(ended->frame);
    const bool waits = frame != nullptr && frame->phase == Phase::map_run &&
                       frame->started_event == ended->started;
    if (waits) map_run_ended(*frame, *ended, *this);
  } else if (std::holds_alternative<input::Due>(input)) {
    due();
  } else if (const auto* end = std::get_if<input::Stop>(&input)) {
    stop(*end);
  }
}

Burst Run::take() {
  for (const auto& [frame, evaluation] : evaluations_) look_at(evaluation);
  if (!burst_.abandoned) return std::move(burst_);
  Burst abandoned;
  abandoned.abandoned = true;
  return abandoned;
}

Burst advance(Execution& execution, const Input& input, const Surrounding& surrounding) {
  Run run(execution, surrounding);
  run.handle(input);
  run.run_ready();
  return run.take();
}

void effects_of(const Entry& entry, const Execution& before, std::vector<Effect>& effects) {
  const auto cancel = [&effects](const Frame& frame) {
    if (frame.phase == Phase::map_run) effects.push_back(StopMapRun{frame.map_run_arn});
    if (frame.attempt.scheduled == 0) return;
    effects.push_back(CancelAttempt{frame.attempt.scheduled, frame.attempt.child_arn});
  };
  switch (entry.type) {
    case EntryType::TaskScheduled:
    case EntryType::LambdaFunctionScheduled:
    case EntryType::ActivityScheduled:
      effects.push_back(DispatchTask{entry.id});
      return;
    case EntryType::MapRunStarted:
      effects.push_back(StartMapRun{entry});
      return;
    case EntryType::MapRunRedriven:
      effects.push_back(
          RedriveMapRun{std::string(entry.text(Field::map_run_arn)), entry.frame, entry.id});
      return;
    case EntryType::TaskStarted:
    case EntryType::LambdaFunctionStarted:
      for (Effect& effect : effects) {
        auto* dispatch = std::get_if<DispatchTask>(&effect);
        if (dispatch != nullptr && dispatch->scheduled == entry.previous) dispatch->started = true;
      }
      return;
    case EntryType::TaskTimedOut:
    case EntryType::LambdaFunctionTimedOut:
    case EntryType::ActivityTimedOut:
    case EntryType::MapIterationAborted:
    case EntryType::MapRunAborted:
    case EntryType::TaskStateAborted:
      cancel(*before.frame(entry.frame));
      return;
    case EntryType::ExecutionSucceeded:
    case EntryType::ExecutionFailed:
    case EntryType::ExecutionTimedOut:
    case EntryType::ExecutionAborted:
      for (const auto& [id, frame] : before.frames()) cancel(frame);
      effects.push_back(ExecutionClosed{});
      return;
    default:
      return;
  }
}

}  // namespace perdure::asl

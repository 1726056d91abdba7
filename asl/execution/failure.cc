// What a failure leads to: a retry, a catcher, or the end of the frame and what is around it.

#include <cmath>

#include "asl/execution/run.h"
#include "asl/states/data_flow.h"

namespace perdure::asl {
namespace {

const ResultFields* result_fields(const State& state) {
  if (const auto* task = std::get_if<TaskState>(&state.kind)) return &task->fields;
  if (const auto* parallel = std::get_if<ParallelState>(&state.kind)) return &parallel->fields;
  if (const auto* map = std::get_if<MapState>(&state.kind)) return &map->fields;
  return nullptr;
}

bool matches(const std::string& pattern, const Failure& failure) {
  if (pattern == "States.ALL") return true;
  if (failure.error && pattern == *failure.error) return true;
  if (pattern == "States.HeartbeatTimeout") return failure.heartbeat;
  if (pattern == "States.TaskFailed") {
    return failure.from_task && failure.error != "States.Timeout";
  }
  return false;
}

bool matches(const std::vector<std::string>& patterns, const Failure& failure) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, failure); });
}

// Of retriers or catchers the first that names the failure, by its place.
template <class Rules>
std::optional<int64_t> first_match(const Rules& rules, const Failure& failure) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& rule) {
    return matches(rule.error_equals, failure);
  });
  if (found == rules.end()) return std::nullopt;
  return found - rules.begin();
}

// The delay before attempt number `attempt` (from 1) is made again, in milliseconds.
int64_t retry_delay_ms(const Retrier& retrier, int64_t attempt, Random& random) {
  double seconds = static_cast<double>(retrier.interval_seconds) *
                   std::pow(retrier.backoff_rate, static_cast<double>(attempt - 1));
  const double most =
      retrier.max_delay_seconds ? static_cast<double>(*retrier.max_delay_seconds) : 31'622'400.0;
  seconds = std::min(seconds, most);
  auto delay_ms = static_cast<int64_t>(seconds * 1000);
  if (retrier.full_jitter) {
    delay_ms = static_cast<int64_t>(random.next() % static_cast<uint64_t>(delay_ms + 1));
  }
  return delay_ms;
}

void set_reason(Entry& entry, const Failure& failure) {
  if (failure.error) entry.set(Field::error, *failure.error);
  if (failure.cause) entry.set(Field::cause, *failure.cause);
}

// {"Error": ..., "Cause": ...}: what a catcher puts into the data. A timeout has no cause of its
// own and shows an empty one; a failure reported without either shows null.
Value error_output(const Failure& failure, Arena& arena) {
  const Value error = failure.error ? Value::string(*failure.error, arena) : Value::null();
  Value cause = Value::null();
  if (failure.cause)
    cause = Value::string(*failure.cause, arena);
  else if (failure.error == "States.Timeout")
    cause = Value::string("", arena);
  const Member members[] = {{"Error", error}, {"Cause", cause}};
  return Value::object(members, arena);
}

Result<Exit> caught(Evaluation& evaluation, const Frame& frame, const Catcher& catcher,
                    Data error) {
  if (is_jsonata(frame)) {
    return queried_exit(evaluation, catcher.output, catcher.assign, error, {"errorOutput", error});
  }
  PD_TRY(output, with_result(evaluation, catcher.result_path, Data{frame.input}, error));
  PD_TRY(assigned, assigned_by(evaluation, catcher.assign, error));
  return Exit{output, assigned};
}

Failure failure_of(const Frame& frame, const Error& error) {
  Failure failure{error.name, error.cause};
  if (error.kind != ErrorKind::runtime) return failure;
  failure.cause = "An error occurred while executing the state '" + frame.state->name +
                  "' (entered at the event id #" + std::to_string(frame.entered_event) + "). " +
                  error.cause;
  failure.final = error.name == "States.Runtime";
  failure.evaluation = error.name == "States.QueryEvaluationError";
  return failure;
}

}  // namespace

void Run::fail(const Frame& frame, const Error& error, EventId at) {
  const Failure failure = failure_of(frame, error);
  if (failure.evaluation) at = evaluation_failed(frame, failure, at);
  fail(frame, failure, at);
}

// Recorded: the event follows what was before the state, except in a Wait, which has been entered
// for good by then.
EventId Run::evaluation_failed(const Frame& frame, const Failure& failure, EventId at) {
  const bool entering = at == frame.entered_event;
  const bool wait = std::holds_alternative<WaitState>(frame.state->kind);
  Entry entry(EntryType::EvaluationFailed, frame.id);
  entry.set(Field::error, *failure.error).set(Field::cause, *failure.cause);
  const std::string& place = evaluation(frame).failed_at;
  if (!place.empty()) entry.set(Field::location, place);
  entry.set(Field::state, frame.state->name);
  return append(std::move(entry), entering && !wait ? frame.entered_after : at);
}

void Run::fail(const Frame& frame, const Failure& failure, EventId at) {
  if (closed()) return;
  forget_evaluation(frame.id);
  if (burst_.abandoned) return;
  if (surrounding_.inspector != nullptr) surrounding_.inspector->failed(frame, failure);
  if (!failure.final) {
    if (retry(frame, failure, at)) return;
    if (const Catcher* catcher = catcher_of(frame, failure)) {
      catch_failure(frame, *catcher, failure, at);
      return;
    }
  }
  end_with(frame, failure, at);
}

bool Run::retry(const Frame& frame, const Failure& failure, EventId at) {
  const auto found = retrier_index(*frame.state, failure);
  if (!found) return false;
  const auto index = static_cast<size_t>(*found);
  const Retrier& retrier = result_fields(*frame.state)->retry[index];
  int64_t made = index < frame.retrier_attempts.size() ? frame.retrier_attempts[index] : 0;
  if (surrounding_.inspector != nullptr) made += surrounding_.inspector->pretence().retries;
  if (made >= retrier.max_attempts) return false;
  const int64_t delay_ms = retry_delay_ms(retrier, made + 1, surrounding_.random);
  note(Entry(EntryType::RetryScheduled, frame.id)
           .set(Field::index, *found)
           .set(Field::due_ms, now_ms_ + delay_ms),
       at);
  return true;
}

std::optional<int64_t> retrier_index(const State& state, const Failure& failure) {
  const ResultFields* fields = result_fields(state);
  return fields == nullptr ? std::nullopt : first_match(fields->retry, failure);
}

std::optional<int64_t> catcher_index(const State& state, const Failure& failure) {
  const ResultFields* fields = result_fields(state);
  return fields == nullptr ? std::nullopt : first_match(fields->catchers, failure);
}

const Catcher* Run::catcher_of(const Frame& frame, const Failure& failure) const {
  const auto index = catcher_index(*frame.state, failure);
  return index ? &result_fields(*frame.state)->catchers[static_cast<size_t>(*index)] : nullptr;
}

// MapStateFailed or ParallelStateFailed, where the frame is such a state; else nothing. What comes
// next follows the returned event.
EventId Run::close_container(const Frame& frame, const Failure& failure, EventId at) {
  const bool map = std::holds_alternative<MapState>(frame.state->kind);
  const bool container = map || std::holds_alternative<ParallelState>(frame.state->kind);
  // Recorded: one whose own fields could not be evaluated fails like one that ran.
  const bool ran = frame.phase == Phase::children || !frame.map_run_arn.empty();
  if (!container || (!ran && !failure.evaluation)) return at;
  return append(Entry(map ? EntryType::MapStateFailed : EntryType::ParallelStateFailed, frame.id),
                at);
}

void Run::catch_failure(const Frame& frame, const Catcher& catcher, const Failure& failure,
                        EventId at) {
  at = close_container(frame, failure, at);
  if (closed()) return;
  Evaluation& evaluation = this->evaluation(frame);
  const auto exit =
      caught(evaluation, frame, catcher, Data{error_output(failure, evaluation.arena())});
  if (!exit) return cannot_catch(frame, exit.error(), at);
  leave(frame, *exit, catcher.next, at);
}

// A catcher's own fields are past help.
void Run::cannot_catch(const Frame& frame, const Error& error, EventId at) {
  const Failure failure = failure_of(frame, error);
  if (!failure.evaluation) return end_with(frame, Failure{error.name, error.cause}, at);
  end_with(frame, failure, evaluation_failed(frame, failure, at));
}

void Run::end_with(const Frame& frame, const Failure& failure, EventId at) {
  at = close_container(frame, failure, at);
  if (frame.id == 0) {
    Entry entry(EntryType::ExecutionFailed, 0);
    set_reason(entry, failure);
    append(std::move(entry), at);
    return;
  }
  const Frame& container = *execution_.frame(frame.parent);
  if (std::holds_alternative<MapState>(container.state->kind)) {
    append(Entry(EntryType::MapIterationFailed, frame.id)
               .set(Field::name, container.state->name)
               .set(Field::index, frame.index),
           at);
  }
  if (std::holds_alternative<TaskState>(frame.state->kind)) {
    append(Entry(EntryType::TaskStateAborted, frame.id), at);
  }
  abort_siblings(container, frame.id, at);
  if (closed()) return;
  // To the state around it the failure is its own, whatever failed inside.
  Failure outer = failure;
  outer.from_task = true;
  fail(container, outer, at);
}

void Run::abort_siblings(const Frame& container, FrameId failed, EventId at) {
  const bool map = std::holds_alternative<MapState>(container.state->kind);
  std::vector<FrameId> siblings;
  for (const auto& [id, frame] : execution_.frames()) {
    if (id != 0 && frame.parent == container.id && id != failed) siblings.push_back(id);
  }
  for (const FrameId id : siblings) {
    const Frame& frame = *execution_.frame(id);
    if (frame.phase == Phase::done || frame.phase == Phase::aborted) continue;
    const Phase phase = frame.phase;
    const Frame before = frame;
    if (map) {
      append(Entry(EntryType::MapIterationAborted, id)
                 .set(Field::name, container.state->name)
                 .set(Field::index, frame.index),
             at);
    }
    if (phase != Phase::ready) abort_running(before, at);
  }
}

// The abort event of the state that a frame is in, after those of what runs inside it.
void Run::abort_running(const Frame& frame, EventId at) {
  const auto& kind = frame.state->kind;
  if (std::holds_alternative<TaskState>(kind)) {
    append(Entry(EntryType::TaskStateAborted, frame.id), at);
  } else if (std::holds_alternative<WaitState>(kind)) {
    append(Entry(EntryType::WaitStateAborted, frame.id), at);
  } else if (frame.phase == Phase::map_run) {
    append(Entry(EntryType::MapRunAborted, frame.id), at);
    append(Entry(EntryType::MapStateAborted, frame.id), at);
  } else if (frame.phase == Phase::children) {
    abort_siblings(*execution_.frame(frame.id), frame.id, at);
    const bool map = std::holds_alternative<MapState>(kind);
    append(Entry(map ? EntryType::MapStateAborted : EntryType::ParallelStateAborted, frame.id), at);
  }
}

}  // namespace perdure::asl

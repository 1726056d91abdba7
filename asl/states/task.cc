#include "asl/states/container.h"
#include "asl/states/data_flow.h"
#include "asl/states/states.h"

namespace perdure::asl {
namespace {

// The events of a task's attempt, by the family of its resource.
struct AttemptEvents {
  EntryType scheduled, started, succeeded, failed, timed_out;
};

const AttemptEvents& events_of(const TaskResource& resource) {
  static constexpr AttemptEvents lambda = {
      EntryType::LambdaFunctionScheduled, EntryType::LambdaFunctionStarted,
      EntryType::LambdaFunctionSucceeded, EntryType::LambdaFunctionFailed,
      EntryType::LambdaFunctionTimedOut};
  static constexpr AttemptEvents activity = {
      EntryType::ActivityScheduled, EntryType::ActivityStarted, EntryType::ActivitySucceeded,
      EntryType::ActivityFailed, EntryType::ActivityTimedOut};
  static constexpr AttemptEvents task = {EntryType::TaskScheduled, EntryType::TaskStarted,
                                         EntryType::TaskSucceeded, EntryType::TaskFailed,
                                         EntryType::TaskTimedOut};
  switch (resource.family) {
    case TaskResource::Family::lambda_function:
      return lambda;
    case TaskResource::Family::activity:
      return activity;
    default:
      return task;
  }
}

const TaskState& task_of(const Frame& frame) { return std::get<TaskState>(frame.state->kind); }

// An event of the attempt; those of integrations name the service.
Entry event_of(EntryType type, const Frame& frame) {
  const TaskResource& resource = task_of(frame).resource;
  Entry entry(type, frame.id);
  if (resource.family == TaskResource::Family::integration) {
    entry.set(Field::resource_type, resource.service).set(Field::resource, resource.action);
  }
  return entry;
}

std::string region_of(const ExecutionIdentity& identity) {
  // arn:aws:states:REGION:...
  size_t begin = 0;
  for (int colons = 0; colons < 3 && begin != std::string::npos; ++colons) {
    begin = identity.machine_arn.find(':', begin);
    if (begin != std::string::npos) ++begin;
  }
  if (begin == std::string::npos) return "us-east-1";
  return identity.machine_arn.substr(begin, identity.machine_arn.find(':', begin) - begin);
}

Result<Entry> scheduled_entry(const TaskState& task, const Frame& frame, Run& run) {
  Evaluation& evaluation = run.evaluation(frame);
  const TaskResource& resource = task.resource;
  if (auto why = run.surrounding().outside.refusal(run.execution(), resource)) {
    return Error{ErrorKind::runtime, "States.Runtime", std::move(*why)};
  }
  if (resource.pattern == TaskPattern::wait_for_task_token) {
    evaluation.set_task_token(
        run.surrounding().outside.task_token(run.execution(), run.next_event()));
  }
  PD_TRY(input, through(evaluation, frame.state->common.input_path, Data{frame.input}));
  evaluation.show(DataStage::after_input_path, input);
  PD_TRY(timeout, seconds_of(evaluation, task.timeout, "TimeoutSecondsPath", input));
  PD_TRY(heartbeat, seconds_of(evaluation, task.heartbeat, "HeartbeatSecondsPath", input));
  PD_TRY(credentials, filled_in(evaluation, task.credentials, input));
  PD_TRY(filled, filled_in(evaluation, task.fields.parameters, input));
  evaluation.show(DataStage::after_parameters, filled);
  PD_TRY(parameters, queried(evaluation, task.fields.arguments, filled));
  if (task.fields.arguments) evaluation.show(DataStage::after_arguments, parameters);

  Entry entry = event_of(events_of(resource).scheduled, frame);
  const bool integration = resource.family == TaskResource::Family::integration;
  if (integration) {
    entry.set(Field::region, region_of(run.execution().identity()));
  } else {
    entry.set(Field::resource, resource.arn);
  }
  const auto most = static_cast<size_t>(run.surrounding().limits.max_payload_bytes);
  PD_TRY(given, evaluation.payload(parameters, most));
  entry.set(integration ? Field::parameters : Field::input, given);
  if (timeout) {
    entry.set(Field::timeout_seconds, *timeout);
    entry.set(Field::due_ms, run.now_ms() + *timeout * 1000);
  }
  if (heartbeat) entry.set(Field::heartbeat_seconds, *heartbeat);
  if (task.credentials) {
    PD_TRY(value, evaluation.value(credentials));
    const Value role = value.get("RoleArn");
    if (role.is(Kind::string)) entry.set(Field::credentials_role, role.as_string());
  }
  entry.set(Field::arn, resource.arn).set(Field::pattern, static_cast<int64_t>(resource.pattern));
  return entry;
}

void schedule(const TaskState& task, const Frame& frame, EventId previous, Run& run) {
  auto entry = scheduled_entry(task, frame, run);
  if (!entry) return run.fail(frame, entry.error(), previous);
  run.forget_evaluation(frame.id);
  const EventId scheduled = run.append(std::move(*entry), previous);
  if (run.closed() || task.resource.family == TaskResource::Family::activity) return;
  std::string request_id;
  if (!run.surrounding().outside.reserve(run.execution(), frame.attempt.schedule, request_id)) {
    return;
  }
  attempt_started(frame, input::AttemptStarted{scheduled, request_id, ""}, run);
}

// The attempt has ended with this result; the state goes on with it.
void succeed(const Frame& frame, const Payload& output, Run& run) {
  const TaskState& task = task_of(frame);
  if (static_cast<int64_t>(output.size()) > run.surrounding().limits.max_payload_bytes) {
    const bool integration = task.resource.family == TaskResource::Family::integration;
    const std::string& what = integration ? task.resource.service : task.resource.arn;
    const Error error = data_limit_exceeded(what);
    return attempt_failed(frame, Failure{error.name, error.cause}, run);
  }
  const EventId succeeded =
      run.append(event_of(events_of(task.resource).succeeded, frame).set(Field::output, output),
                 frame.last_event);
  if (run.closed()) return;
  const Payload result = output.with_origin({succeeded, static_cast<uint8_t>(Field::output)});
  const auto exit = exit_with_result(run.evaluation(frame), frame, task.fields, Data{result});
  if (!exit) return run.fail(frame, exit.error(), succeeded);
  run.leave(frame, *exit, frame.state->common.next, succeeded);
}

}  // namespace

void enter(const TaskState& task, const Frame& frame, Run& run) {
  schedule(task, frame, frame.entered_event, run);
}

void try_task_again(const TaskState& task, const Frame& frame, Run& run) {
  schedule(task, frame, frame.last_event, run);
}

void attempt_started(const Frame& frame, const input::AttemptStarted& started, Run& run) {
  if (frame.attempt.started) return;
  const TaskResource& resource = task_of(frame).resource;
  Entry entry = event_of(events_of(resource).started, frame);
  if (!started.worker_name.empty()) entry.set(Field::worker_name, started.worker_name);
  if (!started.request_id.empty()) entry.set(Field::request_id, started.request_id);
  run.append(std::move(entry), frame.last_event);
}

void attempt_answered(const Frame& frame, const input::AttemptAnswered& answered, Run& run) {
  if (frame.attempt.pattern == TaskPattern::request_response) {
    return succeed(frame, answered.output, run);
  }
  if (frame.attempt.submitted) return;
  run.append(event_of(EntryType::TaskSubmitted, frame)
                 .set(Field::output, answered.output)
                 .set(Field::child_arn, Payload(answered.child_arn)),
             frame.last_event);
}

void attempt_completed(const Frame& frame, const Payload& output, Run& run) {
  succeed(frame, output, run);
}

void attempt_failed(const Frame& frame, Failure failure, Run& run) {
  Entry entry = event_of(events_of(task_of(frame).resource).failed, frame);
  if (failure.error) entry.set(Field::error, *failure.error);
  if (failure.cause) entry.set(Field::cause, *failure.cause);
  const EventId failed = run.append(std::move(entry), frame.last_event);
  failure.from_task = true;
  run.fail(frame, failure, failed);
}

TimedOut attempt_timed_out(const Frame& frame, bool heartbeat, Run& run) {
  Failure failure{"States.Timeout", std::nullopt, true, heartbeat};
  Entry entry = event_of(events_of(task_of(frame).resource).timed_out, frame);
  entry.set(Field::error, *failure.error);
  return {frame.id, failure, run.append(std::move(entry), frame.last_event)};
}

}  // namespace perdure::asl

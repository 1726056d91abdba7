// What follows from entries once they are durable.
#include <utility>

#include "engine/host.h"
#include "engine/tokens.h"

namespace perdure::engine {

// Messages to other actors join the append; everything else waits until it is durable.
void Host::plan(Actor& actor, const asl::Effect& effect, Work& work) {
  if (const auto* task = std::get_if<asl::DispatchTask>(&effect)) {
    const int64_t scheduled = task->scheduled;
    const asl::Frame* frame = actor.execution->frame_of_attempt(scheduled);
    if (frame != nullptr && starts_child(*frame->state)) return start_child(actor, *frame, work);
    if (core_.is(Mutant::dispatch_before_commit)) return dispatch(actor, scheduled);
    work.after.push_back([this, &actor, scheduled] { dispatch(actor, scheduled); });
  } else if (const auto* gone = std::get_if<asl::CancelAttempt>(&effect)) {
    if (!gone->child_arn.empty()) return stop_child(gone->child_arn, work);
    work.after.push_back(
        [this, key = actor.key, scheduled = gone->scheduled] { cancel(key, scheduled); });
  } else if (const auto* begun = std::get_if<asl::StartMapRun>(&effect)) {
    start_map_run(actor, begun->started, work);
  } else if (const auto* again = std::get_if<asl::RedriveMapRun>(&effect)) {
    const message::RedriveMapRun redrive{actor.key, again->frame, again->redriven};
    work.sends.push_back({0, actor_key(again->arn), encode_message(redrive)});
  } else if (const auto* unwanted = std::get_if<asl::StopMapRun>(&effect)) {
    work.sends.push_back({0, actor_key(unwanted->arn), encode_message(message::StopMapRun{})});
  } else {
    tell_parent(actor, work);
    if (core_.is(Mutant::waiter_before_commit)) tell_waiters(actor);
    work.after.push_back([this, &actor] { tell_waiters(actor); });
  }
}

// With Credentials a task acts in the account of the role that it assumes.
Tenant Host::acting_tenant(const Actor& actor, const asl::Attempt& attempt) {
  Tenant tenant = actor.tenant;
  const Arn role = parse_arn(attempt.schedule.text(asl::Field::credentials_role));
  if (role.service == "iam" && !role.account.empty()) tenant.account = role.account;
  return tenant;
}

TaskRequest Host::task_request(const Actor& actor, const asl::Frame& frame) const {
  const asl::Attempt& attempt = frame.attempt;
  const auto& task = std::get<asl::TaskState>(frame.state->kind);
  const bool integration = task.resource.family == asl::TaskResource::Family::integration;
  TaskRequest request;
  request.attempt = {actor.key, attempt.scheduled};
  request.tenant = acting_tenant(actor, attempt);
  request.execution_arn = actor.execution->identity().arn;
  request.state_machine_arn = actor.execution->identity().machine_arn;
  request.state_name = frame.state->name;
  request.resource = task.resource;
  request.parameters =
      attempt.schedule.payload(integration ? asl::Field::parameters : asl::Field::input);
  request.request_id = attempt.request_id;
  request.trace_header = actor.trace_header;
  request.attempt_number = frame.retry_count;
  request.timeout_seconds = attempt.schedule.number(asl::Field::timeout_seconds);
  request.heartbeat_seconds = attempt.schedule.number(asl::Field::heartbeat_seconds);
  request.submitted = attempt.submitted_output;
  if (task.resource.family == asl::TaskResource::Family::activity ||
      task.resource.pattern == asl::TaskPattern::wait_for_task_token) {
    request.task_token = mint_token(
        {actor.key, attempt.scheduled, actor.execution->redrive_count()}, core_.token_secret);
  }
  return request;
}

// An attempt that ended in the burst that began it needs no worker; one that was reserved is given
// back.
void Host::dispatch(Actor& actor, int64_t scheduled) {
  const asl::Frame* frame =
      actor.execution ? actor.execution->frame_of_attempt(scheduled) : nullptr;
  if (frame == nullptr || frame->phase != asl::Phase::task) return cancel(actor.key, scheduled);
  TaskRequest request = task_request(actor, *frame);
  Executor* executor = core_.executor_for(request.resource);
  if (executor == nullptr) return fail_unserved(actor, request);
  executor->dispatch(std::move(request));
}

bool Host::is_with_executor(const asl::Frame& frame) {
  if (starts_child(*frame.state)) return false;
  return !frame.attempt.submitted || frame.attempt.pattern == asl::TaskPattern::sync;
}

void Host::recover_attempt(Actor& actor, const asl::Frame& frame) {
  if (!is_with_executor(frame)) return;
  TaskRequest request = task_request(actor, frame);
  Executor* executor = core_.executor_for(request.resource);
  if (executor == nullptr) return fail_unserved(actor, request);
  if (frame.attempt.started && !core_.is(Mutant::started_dispatched_again)) {
    return executor->recover(std::move(request));
  }
  executor->dispatch(std::move(request));
}

void Host::cancel(const ActorKey& key, int64_t scheduled) {
  for (const auto& executor : core_.executors) executor->cancel({key, scheduled});
}

// Nothing serves the resource: the task fails in a way that Retry and Catch can see.
void Host::fail_unserved(Actor& actor, const TaskRequest& request) {
  answer::Failed failed;
  failed.error = "Perdure.UnsupportedResourceException";
  failed.cause = "The resource '" + request.resource.arn +
                 "' is not supported by this server: no executor serves it.";
  core_.post(actor.key, mail::Answer{request.attempt.scheduled, std::move(failed)});
}

Closed Host::describe_closed(const Actor& actor) {
  const asl::Execution& execution = *actor.execution;
  Closed closed;
  closed.execution_arn = execution.identity().arn;
  closed.name = execution.identity().name;
  closed.state_machine_arn = execution.identity().machine_arn;
  closed.status = execution.status();
  closed.start_ms = execution.started_ms();
  closed.stop_ms = execution.last_timestamp_ms();
  closed.input = execution.input();
  closed.output = execution.output();
  closed.error = execution.error();
  closed.cause = execution.cause();
  closed.redrive_count = execution.redrive_count();
  return closed;
}

void Host::tell_waiters(Actor& actor) {
  const auto waiting = waiters_.extract(actor.key);
  if (!waiting) return;
  const Closed closed = describe_closed(actor);
  for (const auto& done : waiting.mapped()) done(closed);
}

void Host::refuse_waiters() {
  for (const auto& [key, waiting] : std::exchange(waiters_, {})) {
    for (const auto& done : waiting) {
      done(Error{ErrorKind::unavailable, "ServiceUnavailable",
                 "The server is stopping; the execution goes on when it is back."});
    }
  }
}

void Host::wait_closed(const ActorKey& key, const std::string& arn, Callback<Closed> done) {
  const auto record = core_.parts.store.find_execution(key);
  if (!record) return done(record.error());
  // What is on its way to its first row is not in the store yet.
  if (!*record && find(key) == nullptr) {
    return done(Error{ErrorKind::not_found, "ExecutionDoesNotExist",
                      "Execution Does Not Exist: '" + arn + "'"});
  }
  if (!*record || (*record)->stop_ms == 0) {
    waiters_[key].push_back(std::move(done));
    return;
  }
  Actor closed(key);
  closed.record = *record;
  if (auto loaded = load_execution(closed); !loaded) return done(loaded.error());
  core_.live_bytes -= closed.bytes;
  // It may have been redriven since its record was read.
  if (!closed.execution->closed()) return waiters_[key].push_back(std::move(done));
  done(describe_closed(closed));
}

std::string Host::task_token(const asl::Execution& execution, asl::EventId scheduled) {
  return mint_token({current_->key, scheduled, execution.redrive_count()}, core_.token_secret);
}

std::optional<std::string> Host::refusal(const asl::Execution&, const asl::TaskResource& resource) {
  const Executor* executor = core_.executor_for(resource);
  return executor == nullptr ? std::nullopt : executor->refusal(resource);
}

// Starting a child, or failing what nothing serves.
bool Host::needs_no_worker(const Core& core, const asl::Frame& frame) {
  return starts_child(*frame.state) ||
         core.executor_for(std::get<asl::TaskState>(frame.state->kind).resource) == nullptr;
}

bool Host::reserve(const asl::Execution& execution, const asl::Entry& scheduled,
                   std::string& request_id) {
  const asl::Frame* frame = execution.frame_of_attempt(scheduled.id);
  PD_ASSERT(frame != nullptr);
  if (needs_no_worker(core_, *frame)) return true;
  const TaskRequest request = task_request(*current_, *frame);
  auto reserved = core_.executor_for(request.resource)->reserve(request);
  if (!reserved) return false;
  reserved_.push_back(scheduled.id);
  request_id = std::move(*reserved);
  return true;
}

}  // namespace perdure::engine

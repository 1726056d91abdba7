// Map runs that executions of this host wait for, and executions of it that map runs wait for.
#include <utility>

#include "engine/host.h"
#include "engine/map_runs/map_run_host.h"
#include "engine/map_runs/results.h"

namespace perdure::engine {

bool Host::deliver_to_map_run(const ActorKey& key, Mail& mail) {
  if (auto* inbox = std::get_if<mail::Inbox>(&mail)) {
    if (!MapRunHost::is_addressed(inbox->message)) return false;
    map_runs_->deliver(key, std::move(*inbox));
  } else if (auto* update = std::get_if<mail::UpdateMapRun>(&mail)) {
    map_runs_->deliver(key, std::move(*update));
  } else if (std::holds_alternative<mail::WakeMapRun>(mail)) {
    map_runs_->deliver(key, mail::WakeMapRun{});
  } else {
    return false;
  }
  return true;
}

void Host::start_map_run(Actor& actor, const asl::Entry& started, Work& work) {
  const asl::ExecutionIdentity& identity = actor.execution->identity();
  message::StartMapRun start;
  MapRunOrder& order = start.order;
  order.tenant = actor.tenant;
  order.arn = started.text(asl::Field::map_run_arn);
  order.execution_arn = identity.arn;
  order.frame = started.frame;
  order.started = started.id;
  order.role_arn = identity.role_arn;
  order.definition_hash = identity.definition_hash;
  order.trace_header = actor.trace_header;
  order.settings = started.text(asl::Field::map_run);
  order.items = started.text(asl::Field::items);
  order.selector_input = started.text(asl::Field::selector_input);
  work.sends.push_back({0, actor_key(order.arn), encode_message(start)});
}

void Host::receive(Actor& actor, message::MapRunEnded& ended, Work& work) {
  asl::input::MapRunEnded input;
  input.frame = static_cast<asl::FrameId>(ended.frame);
  input.started = ended.started;
  input.succeeded = ended.succeeded;
  if (ended.succeeded) input.output = asl::Payload(std::move(ended.output));
  input.error = std::move(ended.error);
  input.cause = std::move(ended.cause);
  advance(actor, input, work);
}

// A child that is there already was started before the message came again.
void Host::receive(Actor& actor, message::StartMapChild& start, Work& work) {
  if (actor.execution || actor.record) return;
  if (const auto begun = begin(actor, start.order, work, &start); begun) {
    work.create = true;
    return;
  }
  message::MapChildClosed closed{start.order.parent_event,
                                 static_cast<int64_t>(ChildStatus::failed), "null", true};
  work.sends.push_back({0, *start.order.parent, encode_message(closed)});
}

// What cannot be redriven has failed for good. A child that runs has been redriven already.
void Host::receive(Actor& actor, message::RedriveMapChild& redrive, Work& work) {
  if (!actor.record) {
    message::MapChildClosed closed{redrive.index, static_cast<int64_t>(ChildStatus::failed), "null",
                                   true};
    work.sends.push_back({0, redrive.map_run, encode_message(closed)});
    return;
  }
  if (actor.record->stop_ms == 0) return;
  if (is_final(*actor.execution)) return tell_map_run(actor, work);
  reopen(actor, asl::input::Redrive{}, work);
}

// AWS: one whose history is full cannot go on.
bool Host::is_final(const asl::Execution& child) const {
  return child.last_event() >= core_.parts.limits.execution.max_events - 1;
}

void Host::tell_map_run(Actor& actor, Work& work) {
  message::MapChildClosed closed;
  closed.index = actor.parent_event;
  closed.status = static_cast<int64_t>(child_status(actor.execution->status()));
  closed.result = map_child_result(describe_closed(actor), actor.described);
  closed.final =
      is_final(*actor.execution) && actor.execution->status() != asl::ExecutionStatus::succeeded;
  work.sends.push_back({0, *actor.parent, encode_message(closed)});
}

}  // namespace perdure::engine

// Child executions: parent and child are actors that send each other messages. The child's identity
// is the parent's attempt; its visible name is the user's or a UUID.
#include "engine/children.h"

#include <utility>

#include "asl/value/value.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "engine/access.h"
#include "engine/host.h"
#include "engine/start_order.h"

namespace perdure::engine {

Result<ChildParameters> child_parameters(std::string_view parameters) {
  asl::Arena arena;
  PD_TRY(value, asl::parse_json(parameters, arena));
  const auto text_of = [&](std::string_view key) {
    const asl::Value member = value.get(key);
    return member.is(asl::Kind::string) ? std::string(member.as_string()) : std::string();
  };
  ChildParameters child;
  child.machine_arn = text_of("StateMachineArn");
  if (child.machine_arn.empty()) {
    return invalid("InvalidArn", "Invalid Arn: 'StateMachineArn is missing'");
  }
  child.name = text_of("Name");
  child.trace_header = text_of("TraceHeader");
  // A text is the input as it is; anything else is its JSON; null is as good as nothing.
  const asl::Value input = value.get("Input");
  if (input.is(asl::Kind::string)) {
    child.input = input.as_string();
    asl::Arena checked;
    if (const auto parsed = asl::parse_json(child.input, checked); !parsed) {
      return invalid("InvalidExecutionInput",
                     "Invalid State Machine Execution Input: '" +
                         std::string(asl::without_location(parsed.error().cause)) + "'");
    }
  } else if (!input.is(asl::Kind::undefined) && !input.is(asl::Kind::null)) {
    child.input = asl::to_json(input);
  }
  return child;
}

// An error that the service's model does not have comes as the SDK's own.
Error child_error(const Error& error, std::string_view request_id) {
  const bool modelled = error.kind != ErrorKind::denied;
  return Error{error.kind,
               modelled ? "StepFunctions." + error.name + "Exception"
                        : "StepFunctions.AWSStepFunctionsException",
               error.cause + " (Service: AWSStepFunctions; Status Code: 400; Error Code: " +
                   error.name + "; Request ID: " + std::string(request_id) + "; Proxy: null)"};
}

std::string child_started_output(std::string_view child_arn, int64_t start_ms,
                                 std::string_view request_id) {
  const Json length = std::to_string(child_arn.size() + 50);
  const Json type = "application/x-amz-json-1.0";
  const Json id = request_id;
  Json http{{"HttpStatusCode", 200}};
  http["AllHttpHeaders"] = {{"x-amzn-RequestId", Json::array({id})},
                            {"Content-Length", Json::array({length})},
                            {"Content-Type", Json::array({type})}};
  http["HttpHeaders"] = {
      {"x-amzn-RequestId", id}, {"Content-Length", length}, {"Content-Type", type}};
  return dump_json(Json{{"ExecutionArn", child_arn},
                        {"SdkHttpMetadata", http},
                        {"SdkResponseMetadata", {{"RequestId", id}}},
                        {"StartDate", start_ms}});
}

std::string child_description(const asl::Execution& child, bool as_values) {
  std::string out = "{";
  const auto member = [&out](std::string_view name, std::string_view json) {
    if (out.size() > 1) out += ',';
    out.append("\"").append(name).append("\":").append(json);
  };
  const auto text = [](std::string_view value) { return dump_json(Json(value)); };
  const auto data = [&](const asl::Payload& payload) {
    if (!as_values) return text(payload.text());
    asl::Arena arena;
    const auto value = asl::parse_json(payload.text(), arena);
    return value ? asl::to_json(*value) : text(payload.text());
  };
  const asl::ExecutionIdentity& identity = child.identity();
  if (child.cause()) member("Cause", text(*child.cause()));
  if (child.error()) member("Error", text(*child.error()));
  member("ExecutionArn", text(identity.arn));
  member("Input", data(child.input()));
  member("InputDetails", R"({"Included":true})");
  member("Name", text(identity.name));
  if (child.output()) {
    member("Output", data(child.output()));
    member("OutputDetails", R"({"Included":true})");
  }
  const std::string status(asl::status_name(child.status()));
  const bool succeeded = child.status() == asl::ExecutionStatus::succeeded;
  member("RedriveCount", std::to_string(child.redrive_count()));
  member("RedriveStatus", text(succeeded ? "NOT_REDRIVABLE" : "REDRIVABLE"));
  if (succeeded) {
    member("RedriveStatusReason", text("Execution is " + status + " and cannot be redriven"));
  }
  member("StartDate", std::to_string(child.started_ms()));
  if (!identity.alias_arn.empty()) member("StateMachineAliasArn", text(identity.alias_arn));
  member("StateMachineArn", text(identity.machine_arn));
  if (!identity.version_arn.empty()) member("StateMachineVersionArn", text(identity.version_arn));
  member("Status", text(status));
  member("StopDate", std::to_string(child.last_timestamp_ms()));
  return out + "}";
}

namespace {

constexpr std::string_view start_action = "startExecution";

Result<StartOrder> order_for(const Tenant& caller, ChildParameters child,
                             const StateMachines& machines, Random& random, int64_t now_ms) {
  PD_CHECK(
      check_own(caller, account_principal(caller), "states:StartExecution", child.machine_arn));
  if (child.name.size() > 80) return invalid("InvalidName", "Invalid Name: '" + child.name + "'");
  StartRequest request;
  request.state_machine_arn = std::move(child.machine_arn);
  request.name = std::move(child.name);
  request.input = std::move(child.input);
  request.trace_header = std::move(child.trace_header);
  return start_order(machines, std::move(request),
                     {[&random, now_ms] { return make_timed_uuid(random, now_ms); },
                      [&random] { return random.next(); }});
}

}  // namespace

bool Host::starts_child(const asl::State& state) {
  const auto* task = std::get_if<asl::TaskState>(&state.kind);
  return task != nullptr && task->resource.family == asl::TaskResource::Family::integration &&
         task->resource.service == "states" &&
         (task->resource.action == start_action ||
          task->resource.action.starts_with(std::string(start_action) + "."));
}

// What is wrong with the parameters is a message to the parent itself, so that a crash right after
// the commit does not lose it.
void Host::start_child(Actor& actor, const asl::Frame& frame, Work& work) {
  const int64_t attempt = frame.attempt.scheduled;
  const auto parameters = child_parameters(frame.attempt.schedule.text(asl::Field::parameters));
  auto order = parameters ? order_for(acting_tenant(actor, frame.attempt), *parameters,
                                      *core_.machines, random_, core_.now_ms())
                          : Result<StartOrder>(parameters.error());
  const bool sync = frame.attempt.pattern == asl::TaskPattern::sync;
  if (order && sync && order->identity.type == asl::MachineType::express) {
    order = Error{ErrorKind::invalid, "StateMachineTypeNotSupported",
                  "This operation is not supported by this type of state machine"};
  }
  if (!order) {
    const Error error = child_error(order.error(), make_uuid(random_));
    const message::AttemptFailed failed{attempt, error.name, error.cause};
    work.sends.push_back({0, actor.key, encode_message(failed)});
    return;
  }
  if (sync) {
    order->parent = actor.key;
    order->parent_event = attempt;
  }
  const ActorKey child = actor_key(order->identity.arn);
  message::StartChild start{std::move(*order), actor.key, attempt};
  work.sends.push_back({0, child, encode_message(start)});
}

void Host::stop_child(const std::string& child_arn, Work& work) {
  const message::StopChild stop;
  work.sends.push_back({0, actor_key(child_arn), encode_message(stop)});
}

// The end of a child that somebody waits for.
void Host::tell_parent(Actor& actor, Work& work) {
  if (!actor.parent) return;
  if (!actor.map_run_arn.empty()) return tell_map_run(actor, work);
  message::ChildClosed closed;
  closed.attempt = actor.parent_event;
  closed.succeeded = actor.execution->status() == asl::ExecutionStatus::succeeded;
  closed.as_text = child_description(*actor.execution, false);
  closed.as_values = child_description(*actor.execution, true);
  work.sends.push_back({0, *actor.parent, encode_message(closed)});
}

void Host::receive(Actor& actor, message::StartChild& start, Work& work) {
  const StartOrder& order = start.order;
  const bool exists = actor.execution || actor.record;
  Result<> begun;
  if (!exists) begun = begin(actor, order, work);
  if (exists || !begun) {
    Error error = exists ? Error{ErrorKind::conflict, "ExecutionAlreadyExists",
                                 "Execution Already Exists: '" + order.identity.arn + "'"}
                         : begun.error();
    error = child_error(error, make_uuid(random_));
    const message::AttemptFailed failed{start.attempt, error.name, error.cause};
    work.sends.push_back({0, start.reply_to, encode_message(failed)});
    return;
  }
  work.create = true;
  if (actor.kind == ActorKind::express) work.express_row = encode_order(order);
  const message::ChildStarted started{start.attempt, order.identity.arn,
                                      actor.execution->started_ms(), order.parent.has_value()};
  // Before what the burst itself may have sent: a child that has ended already has begun first.
  work.sends.insert(work.sends.begin(), {0, start.reply_to, encode_message(started)});
}

void Host::receive(Actor& actor, message::ChildStarted& started, Work& work) {
  asl::input::AttemptAnswered answered;
  answered.scheduled = started.attempt;
  answered.child_arn = started.child_arn;
  answered.output =
      asl::Payload(child_started_output(started.child_arn, started.start_ms, make_uuid(random_)));
  const asl::Frame* frame =
      actor.execution ? actor.execution->frame_of_attempt(started.attempt) : nullptr;
  if (frame != nullptr) {
    if (frame->attempt.pattern != asl::TaskPattern::sync) answered.child_arn.clear();
    advance(actor, answered, work);
    return;
  }
  // The attempt ended before its child had begun.
  if (started.awaited) stop_child(started.child_arn, work);
}

void Host::receive(Actor& actor, message::ChildClosed& closed, Work& work) {
  const asl::Frame* frame =
      actor.execution ? actor.execution->frame_of_attempt(closed.attempt) : nullptr;
  if (frame == nullptr) return;
  const auto& action = std::get<asl::TaskState>(frame->state->kind).resource.action;
  const bool values = action.ends_with(":2");
  if (closed.succeeded) {
    asl::Payload output(std::move(values ? closed.as_values : closed.as_text));
    advance(actor, asl::input::AttemptCompleted{closed.attempt, std::move(output)}, work);
    return;
  }
  advance(actor,
          asl::input::AttemptFailed{closed.attempt, "States.TaskFailed",
                                    std::move(values ? closed.as_values : closed.as_text)},
          work);
}

void Host::receive(Actor& actor, message::AttemptFailed& failed, Work& work) {
  advance(actor, asl::input::AttemptFailed{failed.attempt, failed.error, failed.cause}, work);
}

void Host::receive(Actor& actor, message::StopChild&, Work& work) {
  advance(actor, asl::input::Stop{}, work);
}

}  // namespace perdure::engine

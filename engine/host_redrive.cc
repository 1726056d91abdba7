// Executions that ended badly are run again.
#include <algorithm>
#include <utility>

#include "asl/value/value.h"
#include "engine/host.h"
#include "engine/redrive.h"

namespace perdure::engine {
namespace {

constexpr int64_t day_ms = 24LL * 3600 * 1000;
constexpr int64_t redrivable_ms = 14 * day_ms;
constexpr int64_t token_ms = 15 * 60 * 1000;

Error not_valid(std::string why) { return invalid("ValidationException", std::move(why)); }

// The state of its own in which an execution ended.
const std::string& last_state(const asl::Execution& execution) {
  const asl::Frame& root = *execution.frame(0);
  return root.inside ? root.state->name : root.next_state;
}

// The moment of an earlier redrive with this token, while the token is remembered.
std::optional<int64_t> redriven_before(const asl::Execution& execution, const std::string& token,
                                       int64_t now_ms) {
  const auto& redrives = execution.redrives();
  const auto same = std::find_if(redrives.begin(), redrives.end(), [&](const auto& one) {
    return !token.empty() && one.client_token == token && now_ms - one.moment_ms < token_ms;
  });
  return same == redrives.end() ? std::optional<int64_t>() : same->moment_ms;
}

}  // namespace

std::optional<std::string> not_redrivable(const ExecutionRecord& record, int64_t events,
                                          const asl::Limits& limits, int64_t now_ms) {
  if (record.stop_ms == 0 || record.status == "SUCCEEDED") {
    return "Execution is " + record.status + " and cannot be redriven";
  }
  if (events >= limits.max_events - 1) return "Execution history event limit exceeded";
  if (now_ms - record.start_ms >= limits.max_execution_ms) {
    return "Execution has exceeded the max execution time";
  }
  if (now_ms - record.stop_ms > redrivable_ms) return "Execution redrivable period exceeded";
  return std::nullopt;
}

// With a state, an input or a definition of the caller's the execution goes on from a state of its
// own; else what failed is reopened.
Result<asl::input::Redrive> Host::redrive_input(const asl::Execution& execution,
                                                const RedriveRequest& request) const {
  asl::input::Redrive input;
  input.client_token = request.client_token;
  if (request.from.empty() && !request.input && request.definition_hash.empty()) return input;
  input.from = request.from.empty() ? last_state(execution) : request.from;
  if (!request.definition_hash.empty()) {
    input.definition_hash = request.definition_hash;
    input.machine = core_.machines->parsed(request.definition_hash);
    if (!input.machine) return not_valid("The definition is not known");
  }
  const asl::StateMachine& machine = input.machine ? *input.machine : execution.machine();
  if (machine.graph.find(input.from) == nullptr) {
    return not_valid("The state machine has no state '" + input.from + "' to go on with");
  }
  if (request.input) {
    asl::Arena arena;
    PD_TRY(value, asl::parse_json(*request.input, arena));
    input.input = asl::Payload(asl::to_json(value));
  }
  return input;
}

Result<int64_t> Host::redrive(Actor& actor, const RedriveRequest& request, Work& work) {
  if (!actor.record || actor.kind != ActorKind::execution) {
    return Error{ErrorKind::not_found, "ExecutionDoesNotExist",
                 "Execution Does Not Exist: '" + request.execution_arn + "'"};
  }
  // Its map run counts it, and goes on with it when it is redriven itself.
  if (!actor.record->map_run_arn.empty()) {
    return invalid("ExecutionNotRedrivable",
                   "Execution was started by a Map Run and can only be redriven by it");
  }
  if (!actor.execution) PD_CHECK(load_execution(actor));
  const asl::Execution& execution = *actor.execution;
  const int64_t now_ms = core_.now_ms();
  if (const auto before = redriven_before(execution, request.client_token, now_ms)) return *before;
  const auto why =
      not_redrivable(*actor.record, execution.last_event(), core_.parts.limits.execution, now_ms);
  if (why) return invalid("ExecutionNotRedrivable", *why);
  PD_TRY(input, redrive_input(execution, request));
  reopen(actor, input, work);
  if (actor.heavy) return int64_t{0};  // nobody hears of it: the turn is undone
  return actor.record->redrive_ms;
}

void Host::reopen(Actor& actor, const asl::input::Redrive& input, Work& work) {
  advance(actor, input, work);
  if (actor.heavy) return;
  work.redriven = true;
  actor.record->redrive_count = actor.execution->redrive_count();
  actor.record->redrive_ms = actor.execution->redrives().back().moment_ms;
}

bool Host::is_redrive(const Mail& mail) {
  if (const auto* inbox = std::get_if<mail::Inbox>(&mail)) {
    return message_type(inbox->message) == message_index<message::RedriveMapChild>();
  }
  return std::holds_alternative<mail::Redrive>(mail);
}

}  // namespace perdure::engine

// What each kind of mail does to an actor.
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "engine/host.h"
#include "engine/tokens.h"

namespace perdure::engine {
namespace {

constexpr int64_t steps_of_a_replayed_event = 50;

Error already_exists(const std::string& arn) {
  return Error{ErrorKind::conflict, "ExecutionAlreadyExists",
               "Execution Already Exists: '" + arn + "'"};
}

Error no_execution() {
  return Error{ErrorKind::not_found, "ExecutionDoesNotExist", "Execution Does Not Exist"};
}

Error task_gone() {
  return Error{ErrorKind::not_found, "TaskTimedOut",
               "Task Timed Out: 'Provided task does not exist anymore'"};
}

int64_t any_attempt(const asl::Execution& execution) {
  for (const auto& [id, frame] : execution.frames()) {
    if (frame.phase == asl::Phase::task) return frame.attempt.scheduled;
  }
  return 0;
}

// A redrive ends what was under way before it.
bool is_current(const asl::Execution* execution, const TaskToken& token) {
  return execution != nullptr && execution->redrive_count() == token.redrive_count &&
         execution->frame_of_attempt(token.scheduled) != nullptr;
}

// Answers after the commit, with what is known now.
template <class T>
void answer_later(Work& work, const Callback<T>& done, Result<T> result) {
  if (done) work.after.push_back([done, result = std::move(result)] { done(result); });
}

}  // namespace

void Host::handle(Actor& actor, Mail& mail, Work& work) {
  std::visit([&](auto& one) { handle(actor, one, work); }, mail);
}

bool Host::advance(Actor& actor, const asl::Input& input, Work& work) {
  if (!actor.execution) return false;
  asl::Burst burst;
  if (!take_computed(actor, burst)) {
    int64_t now_ms = core_.now_ms();
    if (core_.is(Mutant::timer_trusted) && std::holds_alternative<asl::input::Due>(input)) {
      now_ms = std::max(now_ms, *actor.execution->next_due_ms());
    }
    asl::Surrounding surrounding{now_ms, random_, *this, core_.parts.limits.execution};
    // A state may take what a burst may, wherever in the burst it stands; more where undoing it,
    // which replays the journal, would cost more than evaluating it.
    if (!has_patience()) {
      surrounding.patience_steps =
          std::max(2 * surrounding.limits.burst_steps,
                   steps_of_a_replayed_event * actor.execution->last_event());
    }
    reserved_.clear();
    burst = asl::advance(*actor.execution, input, surrounding);
    if (burst.abandoned) {
      set_aside(actor, input);
      return false;
    }
  }
  work.more |= burst.more;
  for (const asl::Effect& effect : burst.effects) plan(actor, effect, work);
  const bool changed = !burst.entries.empty();
  if (work.entries.empty()) {
    work.entries = std::move(burst.entries);
  } else {
    std::move(burst.entries.begin(), burst.entries.end(), std::back_inserter(work.entries));
  }
  return changed;
}

Result<> Host::begin(Actor& actor, const StartOrder& order, Work& work,
                     const message::StartMapChild* child) {
  auto machine = core_.machines->parsed(order.identity.definition_hash);
  if (!machine) return internal_error("The definition of the state machine is not known.");
  const bool express = order.identity.type == asl::MachineType::express;
  actor.kind = express ? ActorKind::express : ActorKind::execution;
  actor.tenant = order.tenant;
  actor.trace_header = order.trace_header;
  actor.parent = order.parent;
  actor.parent_event = order.parent_event;
  actor.looked_up = true;
  actor.log_target = log_target(order.identity.machine_arn);
  actor.execution = std::make_unique<asl::Execution>(std::move(machine));
  asl::input::Start start;
  start.identity = order.identity;
  start.input = asl::Payload(order.input);
  start.trace_header = order.trace_header;
  if (order.parent) {
    start.parent_actor = hex(order.parent->bytes);
    start.parent_event = order.parent_event;
  }
  if (child != nullptr) {
    actor.map_run_arn = start.map_run_arn = child->map_run_arn;
    actor.described = start.described = child->described;
    start.item_count = child->items;
  }
  advance(actor, start, work);
  work.bytes += static_cast<int64_t>(order.input.size());
  if (express) return {};
  ExecutionRecord record;
  record.key = actor.key;
  record.tenant = order.tenant;
  record.arn = order.identity.arn;
  record.machine_arn = order.identity.machine_arn;
  record.name = order.identity.name;
  record.version_arn = order.identity.version_arn;
  record.alias_arn = order.identity.alias_arn;
  record.start_ms = actor.execution->started_ms();
  record.map_run_arn = actor.map_run_arn;
  actor.record = std::move(record);
  return {};
}

void Host::handle(Actor& actor, mail::Start& start, Work& work) {
  if (actor.execution || actor.record) return answer_existing(actor, start, work);
  actor.synchronous = start.synchronous;
  const size_t place = work.after.size();
  if (auto begun = begin(actor, start.order, work); !begun) {
    answer_later<Started>(work, start.done, begun.error());
    return answer_later<Closed>(work, start.closed, begun.error());
  }
  wait_later(actor, start, work, place);
  if (!start.synchronous) {
    work.create = true;
    if (actor.kind == ActorKind::express) work.express_row = encode_order(start.order);
  }
  Started started{start.order.identity.arn, actor.execution->started_ms()};
  if (core_.is(Mutant::answer_before_commit) && start.done) return start.done(started);
  answer_later<Started>(work, start.done, std::move(started));
}

// At a place before the effects of the burst, which may be the end already.
void Host::wait_later(Actor& actor, const mail::Start& start, Work& work, size_t place) {
  if (!start.closed) return;
  const auto at = work.after.begin() + static_cast<ptrdiff_t>(place);
  work.after.insert(
      at, [this, key = actor.key, closed = start.closed] { waiters_[key].push_back(closed); });
}

// StartExecution with a name that was used: the same answer while the same execution runs.
void Host::answer_existing(Actor& actor, const mail::Start& start, Work& work) {
  const std::string& arn = start.order.identity.arn;
  const bool same = actor.execution && actor.execution->status() == asl::ExecutionStatus::running &&
                    actor.execution->input().text() == start.order.input;
  if (!same) {
    answer_later<Started>(work, start.done, already_exists(arn));
    return answer_later<Closed>(work, start.closed, already_exists(arn));
  }
  wait_later(actor, start, work, work.after.size());
  answer_later<Started>(work, start.done, Started{arn, actor.execution->started_ms()});
}

// The attempt that an answer means.
int64_t Host::named_attempt(const Actor& actor, int64_t scheduled) const {
  const bool before_redrive = core_.is(Mutant::redrive_keeps_attempts) && actor.execution &&
                              actor.execution->redrive_count() > 0;
  const bool stale = core_.is(Mutant::stale_answer) && actor.execution;
  return stale || before_redrive ? any_attempt(*actor.execution) : scheduled;
}

void Host::handle(Actor& actor, mail::Answer& mail, Work& work) {
  const int64_t scheduled = named_attempt(actor, mail.scheduled);
  const AttemptId attempt{actor.key, scheduled};
  if (const auto* ready = std::get_if<answer::Ready>(&mail.answer)) {
    const bool wanted = advance(
        actor, asl::input::AttemptStarted{scheduled, ready->request_id, ready->worker_name}, work);
    if (core_.is(Mutant::go_before_commit)) {
      for (const auto& executor : core_.executors) executor->go(attempt);
    }
    work.after.push_back([this, attempt, wanted] {
      for (const auto& executor : core_.executors) {
        wanted ? executor->go(attempt) : executor->cancel(attempt);
      }
    });
  } else if (auto* succeeded = std::get_if<answer::Succeeded>(&mail.answer)) {
    advance(actor, asl::input::AttemptAnswered{scheduled, succeeded->output.with_origin({}), ""},
            work);
  } else if (auto* completed = std::get_if<answer::Completed>(&mail.answer)) {
    advance(actor, asl::input::AttemptCompleted{scheduled, completed->output.with_origin({})},
            work);
  } else if (const auto* failed = std::get_if<answer::Failed>(&mail.answer)) {
    advance(actor, asl::input::AttemptFailed{scheduled, failed->error, failed->cause}, work);
  }
}

// Whose token it is, its execution knows.
bool Host::refuse_foreign(const Actor& actor, const Tenant& caller, const Callback<bool>& done,
                          Work& work) {
  const bool known = actor.execution || actor.record;
  if (!known || actor.tenant == caller) return false;
  answer_later<bool>(work, done, invalid_token());
  return true;
}

void Host::handle(Actor& actor, mail::TokenAnswer& mail, Work& work) {
  if (refuse_foreign(actor, mail.caller, mail.done, work)) return;
  const bool known =
      is_current(actor.execution.get(), mail.token) && advance(actor, mail.input, work);
  if (core_.is(Mutant::callback_before_commit) && known) return mail.done(true);
  answer_later<bool>(work, mail.done, known ? Result<bool>(true) : Result<bool>(task_gone()));
}

void Host::handle(Actor& actor, mail::Heartbeat& mail, Work& work) {
  if (refuse_foreign(actor, mail.caller, mail.done, work)) return;
  const bool known = is_current(actor.execution.get(), mail.token);
  if (known) actor.execution->heartbeat(mail.token.scheduled, core_.now_ms());
  answer_later<bool>(work, mail.done, known ? Result<bool>(true) : Result<bool>(task_gone()));
}

void Host::handle(Actor& actor, mail::Stop& mail, Work& work) {
  if (!actor.execution) {
    answer_later<int64_t>(
        work, mail.done,
        actor.record ? Result<int64_t>(actor.record->stop_ms) : Result<int64_t>(no_execution()));
    return;
  }
  advance(actor, asl::input::Stop{mail.error, mail.cause}, work);
  answer_later<int64_t>(work, mail.done, actor.execution->last_timestamp_ms());
}

void Host::handle(Actor& actor, mail::Redrive& mail, Work& work) {
  answer_later<int64_t>(work, mail.done, redrive(actor, mail.request, work));
}

// A message is dealt with when its number is consumed, in the transaction of what follows from it.
void Host::handle(Actor& actor, mail::Inbox& mail, Work& work) {
  if (!core_.is(Mutant::message_kept)) work.consumed.push_back(mail.id);
  auto message = decode_message(mail.message);
  if (!message) return log_error("A message was dropped: {}", message.error().cause);
  std::visit([&](auto& one) { receive(actor, one, work); }, *message);
}

void Host::handle(Actor& actor, mail::Due&, Work& work) {
  if (!actor.execution || actor.execution->closed()) return;
  const auto due = actor.execution->next_due_ms();
  const bool trusted = core_.is(Mutant::timer_trusted);
  if (due && (*due <= core_.now_ms() || trusted)) advance(actor, asl::input::Due{}, work);
}

void Host::handle(Actor& actor, mail::Continue&, Work& work) {
  advance(actor, asl::input::Continue{}, work);
}

void Host::handle(Actor& actor, mail::Recover&, Work& work) {
  if (actor.kind == ActorKind::express && !actor.execution) {
    auto order = load_order(actor);
    if (!order) return;
    if (auto begun = begin(actor, *order, work); !begun) return;
    return;
  }
  if (!actor.execution) return;
  // What has been scheduled since then was dispatched by this process.
  for (const auto& [id, frame] : actor.execution->frames()) {
    const bool from_before = frame.attempt.scheduled <= actor.loaded_event;
    if (frame.phase == asl::Phase::task && from_before) recover_attempt(actor, frame);
  }
}

void Host::refuse(Mail& mail, const Error& error) {
  std::visit(
      [&](auto& one) {
        using Type = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<Type, mail::Start>) {
          if (one.closed) one.closed(error);
        }
        if constexpr (requires { one.done; }) {
          if (one.done) one.done(error);
        }
      },
      mail);
}

}  // namespace perdure::engine

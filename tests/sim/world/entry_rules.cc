// What must hold of every entry that becomes durable.
#include "base/hash.h"
#include "tests/sim/world/ledger.h"

namespace perdure::sim {
namespace {

using asl::EntryType;
using asl::Field;
using asl::Phase;

bool is_result(EntryType type) {
  switch (type) {
    case EntryType::TaskSucceeded:
    case EntryType::TaskFailed:
    case EntryType::TaskTimedOut:
    case EntryType::TaskStartFailed:
    case EntryType::TaskSubmitFailed:
    case EntryType::LambdaFunctionSucceeded:
    case EntryType::LambdaFunctionFailed:
    case EntryType::LambdaFunctionTimedOut:
    case EntryType::LambdaFunctionScheduleFailed:
    case EntryType::LambdaFunctionStartFailed:
      return true;
    default:
      return false;
  }
}

bool is_abort(EntryType type) {
  switch (type) {
    case EntryType::MapIterationAborted:
    case EntryType::MapIterationFailed:
    case EntryType::TaskStateAborted:
    case EntryType::WaitStateAborted:
    case EntryType::MapStateAborted:
    case EntryType::ParallelStateAborted:
    case EntryType::ExecutionAborted:
    case EntryType::ExecutionFailed:
    case EntryType::ExecutionTimedOut:
      return true;
    default:
      return false;
  }
}

bool is_timeout(EntryType type) {
  return type == EntryType::TaskTimedOut || type == EntryType::LambdaFunctionTimedOut;
}

std::string where(const Held& held, const asl::Entry& entry) {
  return fmt::format("{} #{} of {}", asl::entry_type_name(entry.type), entry.id,
                     held.fold ? held.fold->identity().arn : entry.text(Field::arn));
}

void require(bool rule, const char* invariant, const Held& held, const asl::Entry& entry) {
  if (!rule) throw Violation{invariant, where(held, entry)};
}

}  // namespace

void Ledger::check(const Held& held, const asl::Entry& entry) const {
  const auto count = static_cast<int64_t>(held.events.size());
  const bool redriven = entry.type == EntryType::ExecutionRedriven;
  require(!held.fold || held.fold->closed() == redriven, "a terminal event is the last one", held,
          entry);
  if (redriven) {
    const bool next = entry.number(Field::redrive_count) == held.fold->redrive_count() + 1;
    const bool succeeded = held.fold->status() == asl::ExecutionStatus::succeeded;
    require(next && !succeeded, "what ended badly is redriven, once each time", held, entry);
  }
  if (asl::is_event(entry.type)) {
    require(entry.id == count + 1, "event ids are dense from 1", held, entry);
  }
  if (!held.fold) return;
  require(entry.timestamp_ms >= held.fold->last_timestamp_ms(), "time does not run back", held,
          entry);
  check_time(held, entry);
  if (!is_result(entry.type)) return;
  const asl::Frame* frame = held.fold->frame(entry.frame);
  require(frame != nullptr && frame->phase == Phase::task, "results belong to an attempt", held,
          entry);
  const auto facts = held.attempts.find(frame->attempt.scheduled);
  require(facts != held.attempts.end() && !facts->second.result, "no result is applied twice", held,
          entry);
}

// A moment that was due must have been shown by the clock since it was set.
void Ledger::check_time(const Held& held, const asl::Entry& entry) const {
  const asl::Frame* frame = held.fold->frame(entry.frame);
  if (entry.type == EntryType::ExecutionTimedOut) {
    const bool reached = clock_.reached_since(0, held.fold->deadline_ms());
    return require(reached, "timers are never early", held, entry);
  }
  if (frame == nullptr || is_abort(entry.type)) return;
  const auto armed = held.armed.find(entry.frame);
  const size_t mark = armed == held.armed.end() ? 0 : armed->second;
  if (frame->phase == Phase::waiting || frame->phase == Phase::backoff) {
    require(clock_.reached_since(mark, frame->due_ms), "timers are never early", held, entry);
  }
  if (!is_timeout(entry.type)) return;
  const asl::Attempt& attempt = frame->attempt;
  const bool timeout =
      attempt.timeout_due_ms > 0 && clock_.reached_since(mark, attempt.timeout_due_ms);
  // A heartbeat's deadline is not stored: after a restart it counts from a clock that may have been
  // set back meanwhile.
  const bool heartbeat =
      attempt.heartbeat_ms > 0 &&
      (clock_.mark() != mark ||
       clock_.reached_since(mark, attempt.schedule.timestamp_ms + attempt.heartbeat_ms));
  require(timeout || heartbeat, "timers are never early", held, entry);
}

void Ledger::note_facts(Held& held, const asl::Entry& entry) const {
  const asl::Frame* frame = held.fold->frame(entry.frame);
  switch (entry.type) {
    case EntryType::ExecutionStarted:
      held.input = entry.text(Field::input);
      held.parent = entry.text(Field::parent_actor);
      return;
    case EntryType::TimerArmed:
    case EntryType::RetryScheduled:
      held.armed[entry.frame] = clock_.mark();
      return;
    case EntryType::TaskScheduled:
    case EntryType::LambdaFunctionScheduled:
      held.armed[entry.frame] = clock_.mark();
      held.attempts[entry.id];
      return;
    case EntryType::TaskStarted:
    case EntryType::LambdaFunctionStarted:
      held.attempts[frame->attempt.scheduled].started = true;
      return;
    case EntryType::ExecutionAborted:
    case EntryType::ExecutionTimedOut:
    case EntryType::ExecutionRedriven:
      held.disturbed = true;
      return;
    default:
      break;
  }
  if (!is_result(entry.type)) return;
  held.attempts[frame->attempt.scheduled].result = entry.type;
  const bool succeeded =
      entry.type == EntryType::TaskSucceeded || entry.type == EntryType::LambdaFunctionSucceeded;
  if (!succeeded && entry.text(Field::error) != scripted_error) held.disturbed = true;
}

}  // namespace perdure::sim

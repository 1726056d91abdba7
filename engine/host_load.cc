// How a host reads actors that are not in memory.
#include "base/hash.h"
#include "base/log.h"
#include "engine/host.h"
#include "engine/journal/codec.h"

namespace perdure::engine {
namespace {

constexpr int64_t rows_a_read = 1'000;

int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

// What the engine itself needs of the ExecutionStarted entry.
void remember_start(Actor& actor, const asl::Entry& started) {
  actor.trace_header = started.text(asl::Field::trace_header);
  const std::string_view parent = started.text(asl::Field::parent_actor);
  if (parent.size() != 2 * sizeof(ActorKey)) return;
  ActorKey& key = actor.parent.emplace();
  for (size_t i = 0; i < key.bytes.size(); ++i) {
    key.bytes[i] = static_cast<uint8_t>(digit(parent[2 * i]) << 4 | digit(parent[2 * i + 1]));
  }
  actor.parent_event = started.number(asl::Field::parent_event);
  actor.map_run_arn = started.text(asl::Field::parent_map_run);
  actor.described = started.number(asl::Field::described) != 0;
}

}  // namespace

// Whoever starts is expected not to be there. A child that its map run redrives is closed, and is
// read all the same.
Result<> Host::make_ready(Actor& actor, const Mail& mail) {
  if (!actor.looked_up && !std::holds_alternative<mail::Start>(mail)) PD_CHECK(look_up(actor));
  const bool redriven = std::holds_alternative<mail::Inbox>(mail) && is_redrive(mail);
  return redriven && actor.record && !actor.execution ? load_execution(actor) : Result<>();
}

// Afterwards the actor is as the store has it: running and replayed, closed with its record only,
// or not there.
Result<> Host::look_up(Actor& actor) {
  PD_TRY(kind, core_.parts.store.actor_kind(actor.key));
  if (kind) {
    actor.kind = *kind;
    if (*kind == ActorKind::execution) {
      PD_TRY(record, core_.parts.store.find_execution(actor.key));
      if (!record) return internal_error("It has no record.");
      actor.tenant = record->tenant;
      actor.record = std::move(record);
      if (actor.record->stop_ms == 0) PD_CHECK(load_execution(actor));
    }
  }
  actor.looked_up = true;
  return {};
}

Result<Host::Replayed> Host::replay(const ActorKey& key) {
  Replayed replayed;
  journal::Decoder decoder(core_.parts.blobs);
  for (bool more = true; more;) {
    PD_TRY(rows, core_.parts.store.load_journal(key, replayed.sequence + 1, rows_a_read));
    more = static_cast<int64_t>(rows.size()) == rows_a_read;
    for (const JournalRow& row : rows) {
      if (row.sequence != ++replayed.sequence) {
        return internal_error("A row of its journal is missing.");
      }
      PD_TRY(entries, decoder.decode(row.data));
      for (asl::Entry& entry : entries) PD_CHECK(apply(entry, replayed));
      replayed.bytes += static_cast<int64_t>(row.data.size());
    }
  }
  replayed.bytes += decoder.blob_bytes();
  if (!replayed.execution) return internal_error("Its journal is empty.");
  return replayed;
}

Result<> Host::apply(const asl::Entry& entry, Replayed& replayed) {
  auto& execution = replayed.execution;
  if (!execution) {
    auto machine = core_.machines->parsed(entry.text(asl::Field::definition));
    if (!machine) return internal_error("The definition that it runs is not known.");
    execution = std::make_unique<asl::Execution>(std::move(machine));
    replayed.started = entry;
  }
  if (entry.type == asl::EntryType::ExecutionRedriven && entry.has(asl::Field::definition)) {
    auto machine = core_.machines->parsed(entry.text(asl::Field::definition));
    if (!machine) return internal_error("The definition of its redrive is not known.");
    execution->redefine(std::move(machine));
  }
  if (core_.is(Mutant::retry_forgotten) && entry.type == asl::EntryType::RetryScheduled) {
    asl::Entry note(entry.type, entry.frame);
    note.previous = entry.previous;
    note.timestamp_ms = entry.timestamp_ms;
    note.set(asl::Field::index, int64_t{9});
    execution->apply(note.set(asl::Field::due_ms, entry.number(asl::Field::due_ms)));
    return {};
  }
  execution->apply(entry);
  return {};
}

Result<> Host::load_execution(Actor& actor) {
  PD_TRY(replayed, replay(actor.key));
  remember_start(actor, replayed.started);
  actor.bytes += replayed.bytes;
  core_.live_bytes += replayed.bytes;
  asl::Execution& execution = *replayed.execution;
  actor.next_sequence = replayed.sequence + 1;
  actor.loaded_event = execution.last_event();
  actor.stored_due = execution.next_due_ms();
  // Of one with attempts it is written again with the next append, also if that closes it: what the
  // store has is not known for certain.
  actor.stored_open = false;
  if (execution.has_open_attempts()) actor.stored_open.reset();
  if (!execution.ready().empty()) {
    actor.stored_due = -1;
    actor.mailbox.push_front(mail::Continue{});
  }
  restart_heartbeats(execution, core_.now_ms());
  actor.log_target = log_target(execution.identity().machine_arn);
  actor.execution = std::move(replayed.execution);
  return {};
}

// What is stored (of an EXPRESS execution: what is kept) comes to what is live, or we end here.
void Host::check_replay(const Actor& actor) {
  const bool kept = actor.kind == ActorKind::execution || !has_patience();
  if (!actor.execution || !kept) return;
  Result<Replayed> replayed = Replayed();
  if (actor.kind == ActorKind::execution) {
    replayed = replay(actor.key);
  } else {
    for (const asl::Entry& entry : actor.past) PD_ASSERT(apply(entry, *replayed));
  }
  const bool same = replayed && replayed->execution &&
                    replayed->execution->describe() == actor.execution->describe();
  if (!same) log_error("Execution {} does not replay to what it is", hex(actor.key.bytes));
  PD_ASSERT(same);
}

// Deadlines of heartbeats are not stored: a restart gives every attempt its full time again.
void Host::restart_heartbeats(asl::Execution& execution, int64_t now_ms) {
  std::vector<int64_t> attempts;
  for (const auto& [id, frame] : execution.frames()) {
    if (frame.attempt.heartbeat_ms > 0) attempts.push_back(frame.attempt.scheduled);
  }
  for (const int64_t scheduled : attempts) execution.heartbeat(scheduled, now_ms);
}

// Settings that change meanwhile are for executions that come into memory later.
// The children of a distributed map, whose machine is NAME/LABEL, are logged as their machine is.
std::shared_ptr<const LogTarget> Host::log_target(const std::string& machine_arn) const {
  if (core_.sink == nullptr) return nullptr;
  const std::string_view arn = machine_arn;
  return core_.machines->log_target(arn.substr(0, arn.find('/')));
}

Result<StartOrder> Host::load_order(const Actor& actor) {
  PD_TRY(rows, core_.parts.store.load_journal(actor.key, 1, 1));
  if (rows.empty()) return internal_error("Its start row is missing.");
  return decode_order(rows.front().data);
}

}  // namespace perdure::engine

#include "engine/host.h"

#include <exception>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "engine/execution_log.h"
#include "engine/journal/codec.h"
#include "engine/map_runs/map_run_host.h"

namespace perdure::engine {
namespace {

// An append gathers mail up to about this much, so that one busy actor does not hold its shard.
constexpr size_t max_entries_an_append = 2'000;
constexpr int max_failures = 2;

// What others do with an answer is no reason to doubt the actor.
void run_guarded(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::exception& error) {
    log_error("An effect or an answer threw: {}", error.what());
  }
}

// A burst that ended at its bound goes on by itself; after a crash, by a timer that is due. The one
// that the bursts before have left will do: writing it again would cost each commit an index.
int64_t overdue(const std::optional<int64_t>& stored, int64_t now_ms) {
  return stored && *stored > 0 && *stored <= now_ms ? *stored : now_ms;
}

// After a restart an attempt has to be looked after.
bool needs_recovery(const asl::Execution& execution) {
  if (!execution.has_open_attempts()) return false;  // a Map may have ten thousand other frames
  for (const auto& [id, frame] : execution.frames()) {
    if (frame.phase == asl::Phase::task && Host::is_with_executor(frame)) return true;
  }
  return false;
}

}  // namespace

Host::Host(Core& core, Runner& runner, uint64_t seed)
    : core_(core),
      runner_(runner),
      random_(seed),
      map_runs_(std::make_unique<MapRunHost>(core, runner, ~seed)) {}

Host::~Host() = default;

void Host::post(const ActorKey& key, Mail mail) {
  auto shared = std::make_shared<Mail>(std::move(mail));
  runner_.post([this, key, shared] { deliver(key, std::move(*shared)); });
}

void Host::deliver(const ActorKey& key, Mail mail) {
  if (deliver_to_map_run(key, mail)) return;
  if (quarantined_.contains(key)) {
    return refuse(mail, internal_error("The execution is quarantined: " + quarantined_.at(key)));
  }
  auto& slot = actors_[key];
  if (!slot) slot = std::make_unique<Actor>(key);
  slot->mailbox.push_back(std::move(mail));
  turn(*slot);
}

Actor* Host::find(const ActorKey& key) {
  const auto found = actors_.find(key);
  return found == actors_.end() ? nullptr : found->second.get();
}

// An exception is a bug: the actor's memory is suspect, so it is dropped and read again.
void Host::turn(Actor& actor) {
  if (actor.committing || actor.computing || actor.mailbox.empty()) return;
  actor.last_used_ms = core_.now_ms();
  try {
    process(actor);
  } catch (const std::exception& error) {
    current_ = nullptr;
    broken(actor, error.what());
  }
}

void Host::process(Actor& actor) {
  Work work;
  current_ = &actor;
  const bool whole = take_burst(actor, work);
  current_ = nullptr;
  actor.computed.reset();
  if (actor.heavy) return undo_turn(actor);
  if (whole) commit(actor, std::move(work));
}

// Handles what is in the box. False if the actor could not be read; it is dealt with then.
bool Host::take_burst(Actor& actor, Work& work) {
  while (!actor.mailbox.empty() && work.entries.size() < max_entries_an_append && !work.more) {
    if (auto ready = make_ready(actor, actor.mailbox.front()); !ready) {
      broken(actor, ready.error().cause);
      return false;
    }
    // What an end has led to is told before the execution runs again.
    if (is_redrive(actor.mailbox.front()) && !actor.in_flight.empty()) break;
    actor.in_flight.push_back(std::move(actor.mailbox.front()));
    actor.mailbox.pop_front();
    handle(actor, actor.in_flight.back(), work);
    if (actor.heavy) return false;
    if (actor.alone > 0) {
      --actor.alone;
      break;
    }
    // A creation may conflict: nothing else shares its append, so that all of it can be undone.
    if (work.create) break;
  }
  return true;
}

void Host::commit(Actor& actor, Work work) {
  const bool durable = actor.kind != ActorKind::express || work.create || !work.consumed.empty() ||
                       !work.sends.empty() || (actor.execution && actor.execution->closed());
  const bool changes = !work.entries.empty() || work.create || !work.consumed.empty() ||
                       !work.sends.empty() ||
                       (actor.execution && actor.execution->next_due_ms() != actor.stored_due);
  if (actor.synchronous || !durable || !changes) return finish(actor, work);
  std::vector<journal::LargePayload> large;
  Append append = build_append(actor, work, large);
  actor.committing = true;
  auto shared = std::make_shared<Work>(std::move(work));
  core_.committer.submit(
      std::move(append), std::move(large), runner_,
      [this, key = actor.key, shared](Outcome outcome, std::vector<int64_t> messages) {
        committed(key, shared, outcome, messages);
      });
}

void Host::committed(const ActorKey& key, std::shared_ptr<Work> work, Outcome outcome,
                     const std::vector<int64_t>& messages) {
  Actor* actor = find(key);
  PD_ASSERT(actor != nullptr && actor->committing);
  actor->committing = false;
  if (outcome == Outcome::conflict) return conflicted(*actor);
  for (size_t i = 0; i < work->sends.size(); ++i) {
    if (core_.is(Mutant::message_twice)) {
      core_.post(work->sends[i].to, mail::Inbox{messages.at(i), work->sends[i].message});
    }
    core_.post(work->sends[i].to, mail::Inbox{messages.at(i), std::move(work->sends[i].message)});
  }
  if (work->create || !work->entries.empty()) ++actor->next_sequence;
  const bool sleeps = actor->stored_due && !work->more && !core_.is(Mutant::wakeup_lost);
  if (sleeps && actor->kind == ActorKind::execution) {
    core_.timers.armed({key, actor->kind, *actor->stored_due});
  }
  finish(*actor, *work);
}

// What the burst has led to is durable (or needs not be): let it happen.
void Host::finish(Actor& actor, Work& work) {
  actor.in_flight.clear();
  actor.failures = 0;
  actor.bytes += work.bytes;
  core_.live_bytes += work.bytes;
  if (actor.log_target && !work.entries.empty()) {
    run_guarded([&] { core_.sink->committed(*actor.log_target, *actor.execution, work.entries); });
  }
  if (actor.kind == ActorKind::express && !has_patience()) {
    std::move(work.entries.begin(), work.entries.end(), std::back_inserter(actor.past));
  }
  if (core_.parts.limits.check_replay) check_replay(actor);
  for (const auto& act : work.after) run_guarded(act);
  if (work.more) actor.mailbox.push_front(mail::Continue{});
  settle(actor);
}

// More mail is handled; an actor that has ended, or that sleeps for long, leaves memory.
void Host::settle(Actor& actor) {
  if (actor.computing) return;
  if (!actor.mailbox.empty()) {
    runner_.post([this, key = actor.key] {
      if (Actor* again = find(key)) turn(*again);
    });
    return;
  }
  if (!actor.execution || actor.execution->closed()) return forget(actor);
  if (actor.kind == ActorKind::express) {
    if (const auto due = actor.execution->next_due_ms(); due && due != actor.stored_due) {
      actor.stored_due = due;
      runner_.run_at(*due, [this, key = actor.key, due] {
        Actor* again = find(key);
        if (again == nullptr) return;
        // What comes next may be due at this very moment, a retry without delay for one.
        if (again->stored_due == due) again->stored_due.reset();
        deliver(key, mail::Due{});
      });
    }
    return;
  }
  const auto due = actor.execution->next_due_ms();
  const bool far = !due || *due - core_.now_ms() > core_.parts.limits.idle_ms;
  if (far && !actor.execution->has_open_attempts()) return forget(actor);
  sweep_later();
}

void Host::forget(Actor& actor) {
  core_.live_bytes -= actor.bytes;
  actors_.erase(actor.key);
}

// The append met rows that it did not know: what is in memory is not the truth.
void Host::conflicted(Actor& actor) {
  for (auto mail = actor.in_flight.rbegin(); mail != actor.in_flight.rend(); ++mail) {
    actor.mailbox.push_front(std::move(*mail));
  }
  actor.in_flight.clear();
  actor.execution.reset();
  actor.record.reset();
  if (++actor.failures > max_failures) return quarantine(actor, "its appends conflict");
  if (auto found = look_up(actor); !found) return broken(actor, found.error().cause);
  turn(actor);
}

void Host::broken(Actor& actor, const std::string& reason) {
  log_error("Execution {} broke: {}", hex(actor.key.bytes), reason);
  for (auto mail = actor.in_flight.rbegin(); mail != actor.in_flight.rend(); ++mail) {
    actor.mailbox.push_front(std::move(*mail));
  }
  actor.in_flight.clear();
  actor.execution.reset();
  actor.past.clear();
  actor.record.reset();
  actor.looked_up = false;
  if (actor.kind == ActorKind::express) actor.mailbox.push_front(mail::Recover{});
  if (++actor.failures >= max_failures) return quarantine(actor, reason);
  runner_.post([this, key = actor.key] {
    if (Actor* again = find(key)) turn(*again);
  });
}

void Host::quarantine(Actor& actor, const std::string& reason) {
  log_error("Execution {} is quarantined: {}", hex(actor.key.bytes), reason);
  {
    const std::lock_guard lock(quarantine_mutex_);
    quarantined_[actor.key] = reason;
  }
  const Error error = internal_error("The execution is quarantined: " + reason);
  auto mails = std::move(actor.mailbox);
  const ActorKey key = actor.key;
  forget(actor);
  for (Mail& mail : mails) refuse(mail, error);
  if (const auto waiting = waiters_.extract(key)) {
    for (const auto& done : waiting.mapped()) done(error);
  }
}

std::map<ActorKey, std::string> Host::quarantined() const {
  auto all = map_runs_->quarantined();
  const std::lock_guard lock(quarantine_mutex_);
  all.insert(quarantined_.begin(), quarantined_.end());
  return all;
}

void Host::sweep_later() {
  if (sweeping_) return;
  sweeping_ = true;
  runner_.run_at(core_.now_ms() + core_.parts.limits.idle_ms, [this] { sweep(); });
}

// Actors that have been idle leave memory; their answers find them in the store. Deadlines of
// heartbeats are in memory only, so those that have some stay.
void Host::sweep() {
  sweeping_ = false;
  const int64_t idle_since = core_.now_ms() - core_.parts.limits.idle_ms;
  std::vector<Actor*> idle;
  bool others = false;
  for (const auto& [key, actor] : actors_) {
    bool keep = actor->committing || actor->computing || !actor->mailbox.empty() ||
                actor->last_used_ms > idle_since || actor->kind == ActorKind::express ||
                !actor->execution;
    if (!keep) {
      for (const auto& [id, frame] : actor->execution->frames()) {
        keep |= frame.attempt.heartbeat_ms > 0;
      }
    }
    if (keep) {
      others |= actor->kind != ActorKind::express;
    } else {
      idle.push_back(actor.get());
    }
  }
  for (Actor* actor : idle) forget(*actor);
  if (others) sweep_later();
}

Append Host::build_append(Actor& actor, Work& work, std::vector<journal::LargePayload>& large) {
  Append append;
  append.actor = actor.key;
  append.kind = actor.kind;
  append.create = work.create;
  append.sends = work.sends;
  append.consumed = work.consumed;
  if (!actor.execution) return append;
  const bool closed = actor.execution->closed();
  if (actor.kind == ActorKind::express) {
    if (closed) {
      append.create = false;
      append.remove = true;
      return append;
    }
    if (work.create) {
      append.row = JournalRow{1, std::move(work.express_row)};
      append.open = true;
    }
    return append;
  }
  if (!work.entries.empty()) {
    if (core_.is(Mutant::event_id_reused) && work.entries.front().id > 1) {
      --work.entries.front().id;
    }
    journal::EncodedBurst encoded = journal::encode(work.entries);
    work.bytes += static_cast<int64_t>(encoded.data.size());
    append.row = JournalRow{actor.next_sequence, std::move(encoded.data)};
    large = std::move(encoded.large);
    for (const journal::LargePayload& payload : large) {
      append.blobs.push_back(payload.hash);
      work.bytes += static_cast<int64_t>(payload.content->size());
    }
  }
  if (work.create || work.redriven || closed) {
    actor.record->status = asl::status_name(actor.execution->status());
    actor.record->stop_ms = closed ? actor.execution->last_timestamp_ms() : 0;
    append.record = actor.record;
  }
  std::optional<int64_t> due;
  if (work.more) {
    due = overdue(actor.stored_due, core_.now_ms());
  } else if (!closed) {
    due = actor.execution->next_due_ms();
  }
  if (due != actor.stored_due) append.due_ms = due;
  actor.stored_due = due;
  const bool open = !closed && needs_recovery(*actor.execution);
  if (open != actor.stored_open) append.open = open;
  actor.stored_open = open;
  return append;
}

}  // namespace perdure::engine

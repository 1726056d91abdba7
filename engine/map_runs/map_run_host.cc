// The life of map runs on their host: mail, appends, what follows from them.
#include "engine/map_runs/map_run_host.h"

#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "engine/host.h"
#include "engine/map_runs/live_map_run.h"

namespace perdure::engine {
namespace {

constexpr int64_t rows_a_read = 100;
// A loading replays about so much, or as much as a checkpoint has.
constexpr int64_t rows_a_checkpoint = 200;
constexpr int64_t bytes_a_checkpoint = 4 << 20;
constexpr int max_failures = 2;

Error no_map_run(const ActorKey& key) {
  return Error{ErrorKind::not_found, "ResourceNotFound",
               "Resource not found: '" + hex(key.bytes) + "'"};
}

}  // namespace

Result<std::optional<LoadedMapRun>> load_map_run(Store& store, const ActorKey& key) {
  LoadedMapRun loaded;
  PD_TRY(checkpoint, store.load_checkpoint(key));
  int64_t sequence = 0;
  if (checkpoint) loaded.run = MapRun::from_checkpoint(checkpoint->data);
  if (loaded.run) sequence = checkpoint->sequence;
  for (bool more = true; more;) {
    PD_TRY(rows, store.load_journal(key, sequence + 1, rows_a_read));
    more = static_cast<int64_t>(rows.size()) == rows_a_read;
    for (const JournalRow& row : rows) {
      if (row.sequence != ++sequence) return internal_error("A row of its journal is missing.");
      PD_TRY(notes, decode_notes(row.data));
      for (const MapNote& note : notes) {
        if (!loaded.run) {
          const auto* began = std::get_if<map_note::Began>(&note);
          if (began == nullptr) return internal_error("Its journal has no beginning.");
          PD_TRY(run, MapRun::begin(*began));
          loaded.run = std::move(run);
        }
        loaded.run->apply(note);
      }
      ++loaded.rows_since_checkpoint;
    }
  }
  if (!loaded.run) return std::optional<LoadedMapRun>();
  loaded.next_sequence = sequence + 1;
  return std::optional(std::move(loaded));
}

MapRunHost::MapRunHost(Core& core, Runner& runner, uint64_t seed)
    : core_(core), runner_(runner), random_(seed) {}

MapRunHost::~MapRunHost() = default;

bool MapRunHost::is_addressed(std::string_view message) {
  const auto type = message_type(message);
  return type == message_index<message::StartMapRun>() ||
         type == message_index<message::RedriveMapRun>() ||
         type == message_index<message::StopMapRun>() ||
         type == message_index<message::MapChildClosed>();
}

void MapRunHost::deliver(const ActorKey& key, mail::Inbox message) { put(key, std::move(message)); }
void MapRunHost::deliver(const ActorKey& key, mail::UpdateMapRun update) {
  put(key, std::move(update));
}
void MapRunHost::deliver(const ActorKey& key, mail::WakeMapRun wake) { put(key, wake); }

void MapRunHost::put(const ActorKey& key, Mail mail) {
  if (const auto found = quarantined_.find(key); found != quarantined_.end()) {
    return refuse(mail, found->second);
  }
  auto& slot = runs_[key];
  if (!slot) slot = std::make_unique<Live>(key);
  slot->mailbox.push_back(std::move(mail));
  turn(*slot);
}

void MapRunHost::later(const ActorKey& key, Mail mail) {
  auto shared = std::make_shared<Mail>(std::move(mail));
  runner_.post([this, key, shared] {
    // What was worked out for a run that has left memory since is of no use.
    if (runs_.contains(key)) put(key, std::move(*shared));
  });
}

void MapRunHost::turn(Live& live) {
  if (live.committing) return;
  if (!live.run) {
    if (auto loaded = load(live); !loaded) return broken(live, loaded.error().cause);
  }
  Turn turn;
  while (!live.mailbox.empty() && !turn.full()) {
    live.in_flight.push_back(std::move(live.mailbox.front()));
    live.mailbox.pop_front();
    std::visit([&](auto& mail) { handle(live, mail, turn); }, live.in_flight.back());
  }
  if (live.run) decide(live, turn);
  commit(live, std::move(turn));
}

// All checkpoints together are no larger than the journal, however many children have failed.
bool MapRunHost::Live::wants_checkpoint() const {
  if (run->closed()) return true;
  return bytes_since_checkpoint >= checkpoint_bytes &&
         (rows_since_checkpoint > rows_a_checkpoint || bytes_since_checkpoint > bytes_a_checkpoint);
}

Result<> MapRunHost::load(Live& live) {
  PD_TRY(loaded, load_map_run(core_.parts.store, live.key));
  if (!loaded) return {};
  live.run = std::move(loaded->run);
  live.next_sequence = loaded->next_sequence;
  live.rows_since_checkpoint = loaded->rows_since_checkpoint;
  return {};
}

void MapRunHost::commit(Live& live, Turn turn) {
  if (turn.notes.empty() && turn.sends.empty() && turn.consumed.empty()) {
    committed(live.key, std::make_shared<Turn>(std::move(turn)), Outcome::committed, {});
    return;
  }
  Append append;
  append.actor = live.key;
  append.kind = ActorKind::map_run;
  append.create = turn.create;
  append.sends = turn.sends;
  append.consumed = turn.consumed;
  append.blobs = std::move(turn.blobs);
  if (!turn.notes.empty()) {
    std::string data = encode_notes(turn.notes);
    live.bytes_since_checkpoint += static_cast<int64_t>(data.size());
    append.row = JournalRow{live.next_sequence, std::move(data)};
    if (turn.create || turn.shown) {
      append.record = live.record();
      append.open = !live.run->closed();
    }
    ++live.rows_since_checkpoint;
    if (live.wants_checkpoint()) {
      append.checkpoint = Checkpoint{live.next_sequence, live.run->checkpoint()};
      live.checkpoint_bytes = static_cast<int64_t>(append.checkpoint->data.size());
      live.rows_since_checkpoint = live.bytes_since_checkpoint = 0;
    }
  }
  live.committing = true;
  auto shared = std::make_shared<Turn>(std::move(turn));
  core_.committer.submit(
      std::move(append), {}, runner_,
      [this, key = live.key, shared](Outcome outcome, std::vector<int64_t> messages) {
        committed(key, shared, outcome, messages);
      });
}

void MapRunHost::committed(const ActorKey& key, const std::shared_ptr<Turn>& turn, Outcome outcome,
                           const std::vector<int64_t>& messages) {
  Live& live = *runs_.at(key);
  live.committing = false;
  if (outcome != Outcome::committed) return start_over(live);
  live.in_flight.clear();
  live.failures = 0;
  if (!turn->notes.empty()) ++live.next_sequence;
  for (size_t i = 0; i < turn->sends.size(); ++i) {
    core_.post(turn->sends[i].to, mail::Inbox{messages.at(i), std::move(turn->sends[i].message)});
  }
  for (const auto& act : turn->after) act();
  if (!live.mailbox.empty() || turn->more) {
    runner_.post([this, key] {
      const auto found = runs_.find(key);
      if (found != runs_.end()) this->turn(*found->second);
    });
    return;
  }
  if (!live.run || live.run->closed()) return forget(live);
  go_on(live);
}

// The append met rows that it did not know: what is in memory is not the truth.
void MapRunHost::start_over(Live& live) {
  std::deque<Mail> mails;
  for (auto* box : {&live.in_flight, &live.mailbox}) {
    for (Mail& mail : *box) {
      if (mail.index() < 3) mails.push_back(std::move(mail));
    }
  }
  const int failures = live.failures + 1;
  if (failures > max_failures) return quarantine(live, "its appends conflict");
  const ActorKey key = live.key;
  forget(live);
  auto& slot = runs_[key] = std::make_unique<Live>(key);
  slot->failures = failures;
  slot->mailbox = std::move(mails);
  slot->mailbox.emplace_back(mail::WakeMapRun{});
  turn(*slot);
}

void MapRunHost::broken(Live& live, const std::string& reason) {
  log_error("Map run {} broke: {}", hex(live.key.bytes), reason);
  if (++live.failures >= max_failures) return quarantine(live, reason);
  runner_.post([this, key = live.key] {
    const auto found = runs_.find(key);
    if (found != runs_.end()) turn(*found->second);
  });
}

// What waits for it stays in its inbox, for a restart on data that is whole.
void MapRunHost::quarantine(Live& live, const std::string& reason) {
  log_error("Map run {} is quarantined: {}", hex(live.key.bytes), reason);
  {
    const std::lock_guard lock(quarantine_mutex_);
    quarantined_[live.key] = reason;
  }
  for (auto* box : {&live.in_flight, &live.mailbox}) {
    for (Mail& mail : *box) refuse(mail, reason);
  }
  forget(live);
}

void MapRunHost::refuse(Mail& mail, const std::string& reason) {
  auto* update = std::get_if<mail::UpdateMapRun>(&mail);
  if (update != nullptr) update->done(internal_error("The map run is quarantined: " + reason));
}

std::map<ActorKey, std::string> MapRunHost::quarantined() const {
  const std::lock_guard lock(quarantine_mutex_);
  return quarantined_;
}

void MapRunHost::forget(Live& live) { runs_.erase(live.key); }

void MapRunHost::handle(Live& live, mail::Inbox& inbox, Turn& turn) {
  turn.consumed.push_back(inbox.id);
  auto message = decode_message(inbox.message);
  if (!message) return log_error("A map run's message was dropped: {}", message.error().cause);
  if (const auto* start = std::get_if<message::StartMapRun>(&*message)) {
    if (!live.run) begin(live, start->order, turn);
  } else if (auto* closed = std::get_if<message::MapChildClosed>(&*message)) {
    if (live.run) {
      end_child(live, {closed->index, closed->status, std::move(closed->result), closed->final},
                turn);
    }
  } else if (const auto* redriven = std::get_if<message::RedriveMapRun>(&*message)) {
    redrive(live, *redriven, turn);
  } else if (live.run && !live.run->closed()) {
    if (!live.run->stopping() || live.run->redrive_asked()) stop(live, true, {}, turn);
  }
}

// One that is not there any more fails the state that asks for it.
void MapRunHost::redrive(Live& live, const message::RedriveMapRun& asked, Turn& turn) {
  if (!live.run) {
    message::MapRunEnded ended{asked.frame, asked.redriven, false, {}, {}, {}};
    ended.error = "States.Runtime";
    ended.cause = "The Map Run does not exist any more.";
    turn.sends.push_back({0, asked.execution, encode_message(ended)});
    return;
  }
  const auto& again = live.run->redrive_asked();
  if (live.run->started_event() == asked.redriven || (again && again->started == asked.redriven)) {
    return;  // the message has come before
  }
  const bool ended = live.run->closed();
  turn.note(live, map_note::Redriven{core_.now_ms(), asked.redriven});
  if (!ended) return;
  turn.shown = true;
  reopened(live);
}

// What was read ahead for the run that has ended is not what comes next.
void MapRunHost::reopened(Live& live) {
  live.feed.reset();
  live.fed_all = false;
  live.ready.clear();
  live.ready_bytes = 0;
  live.finishing = false;
}

void MapRunHost::handle(Live& live, mail::UpdateMapRun& update, Turn& turn) {
  Result<bool> done = true;
  if (!live.run) {
    done = no_map_run(live.key);
  } else if (live.run->closed()) {
    done = invalid("ValidationException",
                   "Map Run has already completed: '" + live.run->order().arn + "'");
  } else {
    turn.note(live, map_note::Updated{update.max_concurrency, update.tolerated_failure_count,
                                      update.tolerated_failure_percentage});
  }
  turn.after.push_back([done = std::move(done), tell = update.done] { tell(done); });
}

// Being read is all that it needs.
void MapRunHost::handle(Live&, mail::WakeMapRun&, Turn&) {}

void MapRunHost::begin(Live& live, const MapRunOrder& order, Turn& turn) {
  map_note::Began began{order, core_.now_ms(), -1};
  auto run = MapRun::begin(began);
  if (!run) return log_error("A map run cannot begin: {}", run.error().cause);
  if (!(*run)->settings().reader) {
    const int64_t length = array_length(order.items);
    const int64_t most = (*run)->settings().max_items;
    began.items = most > 0 ? std::min(most, length) : length;
    run = MapRun::begin(began);
  }
  live.run = std::move(*run);
  turn.create = true;
  turn.notes.emplace_back(std::move(began));
}

}  // namespace perdure::engine

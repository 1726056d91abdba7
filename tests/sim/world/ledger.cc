#include "tests/sim/world/ledger.h"

#include <algorithm>

#include "base/hash.h"

namespace perdure::sim {
namespace {

using engine::ActorKey;
using engine::Append;
using engine::DocumentWrite;
using engine::Outcome;

bool changes_actor(const Append& append) {
  return append.row || append.record || append.due_ms || append.open || append.checkpoint;
}

// `detail` is made only of what is broken.
template <class Detail>
void require(bool held, const char* invariant, const Detail& detail) {
  if (!held) throw Violation{invariant, detail()};
}

}  // namespace

const Held* Ledger::find(const ActorKey& key) const {
  const auto found = actors_.find(key);
  return found == actors_.end() ? nullptr : &found->second;
}

const AttemptFacts* Ledger::attempt(const ActorKey& key, int64_t scheduled) const {
  const Held* held = find(key);
  if (held == nullptr) return nullptr;
  const auto found = held->attempts.find(scheduled);
  return found == held->attempts.end() ? nullptr : &found->second;
}

Ledger::DocumentKey Ledger::key_of(const engine::Document& document) {
  return {document.kind, document.tenant.account, document.tenant.region, document.name};
}

std::optional<engine::Document> Ledger::document(const std::string& kind,
                                                 const std::string& name) const {
  const engine::Tenant tenant;
  const auto found = documents_.find({kind, tenant.account, tenant.region, name});
  if (found == documents_.end() || found->second.json.empty()) return std::nullopt;
  return found->second;
}

void Ledger::taken_over(int64_t epoch) {
  require(epoch > epoch_, "lease epochs only grow",
          [&] { return fmt::format("epoch {} after {}", epoch, epoch_); });
  epoch_ = epoch;
}

// The rules of the store's contract, written a second time.
Outcome Ledger::expected(const Append& append) const {
  const Held* held = find(append.actor);
  const bool wrong = append.create ? held != nullptr : held == nullptr && changes_actor(append);
  if (wrong) return Outcome::conflict;
  if (append.row && held != nullptr && held->rows.contains(append.row->sequence)) {
    return Outcome::conflict;
  }
  return Outcome::committed;
}

Outcome Ledger::expected(const DocumentWrite& write) const {
  if (!write.expected_revision) return Outcome::committed;
  const auto found = documents_.find(key_of(write.document));
  const bool exists = found != documents_.end() && !found->second.json.empty();
  const int64_t revision = exists ? found->second.revision : 0;
  return revision == *write.expected_revision ? Outcome::committed : Outcome::conflict;
}

void Ledger::committed(const engine::Batch& batch, const engine::BatchOutcome& outcome) {
  for (size_t i = 0; i < batch.appends.size(); ++i) {
    const Append& append = batch.appends[i];
    require(outcome.appends.at(i) == expected(append), "the store keeps its contract",
            [&] { return "append to " + hex(append.actor.bytes); });
    if (outcome.appends[i] == Outcome::committed) apply(append, outcome.message_ids.at(i));
  }
  for (size_t i = 0; i < batch.documents.size(); ++i) {
    const DocumentWrite& write = batch.documents[i];
    require(outcome.documents.at(i) == expected(write), "the store keeps its contract",
            [&] { return "document " + write.document.name; });
    if (outcome.documents[i] == Outcome::committed) apply(write);
  }
}

void Ledger::apply(const Append& append, const std::vector<int64_t>& ids) {
  for (const int64_t id : append.consumed) {
    require(inbox_.erase(id) == 1, "messages exactly once",
            [&] { return fmt::format("message {} was dealt with twice", id); });
  }
  for (size_t i = 0; i < append.sends.size(); ++i) {
    inbox_[ids.at(i)] = {ids[i], append.sends[i].to, append.sends[i].message};
  }
  if (append.remove) {
    actors_.erase(append.actor);
    return;
  }
  if (!append.create && !changes_actor(append)) return;
  Held& held = actors_[append.actor];
  if (append.create) {
    held.kind = append.kind;
    created_.insert(append.actor);
  }
  if (append.row) apply_row(append.actor, held, *append.row);
  if (append.record) held.record = append.record;
  if (append.due_ms) held.due_ms = *append.due_ms;
  if (append.open) held.open = *append.open;
}

void Ledger::apply(const DocumentWrite& write) {
  engine::Document& stored = documents_[key_of(write.document)];
  const int64_t revision = stored.revision + 1;
  stored = write.document;
  stored.revision = revision;
  if (write.remove) stored.json.clear();
}

void Ledger::apply_row(const ActorKey& key, Held& held, const engine::JournalRow& row) {
  held.rows[row.sequence] = row.data;
  if (held.kind != engine::ActorKind::execution) return;
  if (!held.decoder) held.decoder = std::make_unique<engine::journal::Decoder>(blobs_);
  auto entries = held.decoder->decode(row.data);
  require(entries.has_value(), "rows can be read", [&] { return hex(key.bytes); });
  for (asl::Entry& entry : *entries) {
    check(held, entry);
    for (EntryObserver* observer : observers_) observer->entry(key, held, entry);
    if (!held.fold) {
      const Definition* definition = library_.by_hash(entry.text(asl::Field::definition));
      require(definition != nullptr, "executions pin a definition that is known",
              [&] { return hex(key.bytes); });
      held.fold = std::make_unique<asl::Execution>(definition->machine);
    }
    note_facts(held, entry);
    held.fold->apply(entry);
    if (asl::is_event(entry.type)) held.events.push_back(std::move(entry));
  }
}

void Ledger::compare(engine::Store& store) {
  auto different = difference(store);
  if (different && doubt_) {
    apply_doubt(store);
    different = difference(store);
  }
  doubt_.reset();
  require(!different, "what was called durable survives, whole transactions only",
          [&] { return *different; });
}

void Ledger::apply_doubt(engine::Store& store) {
  auto stored = store.inbox();
  require(stored.has_value(), "the store can be read", [] { return "inbox"; });
  for (const Append& append : doubt_->appends) {
    if (expected(append) != Outcome::committed) continue;
    std::vector<int64_t> ids;
    for (const engine::InboxMessage& send : append.sends) {
      const auto found = std::find_if(stored->begin(), stored->end(), [&](const auto& message) {
        return !inbox_.contains(message.id) && message.to == send.to &&
               message.message == send.message;
      });
      require(found != stored->end(), "what was called durable survives, whole transactions only",
              [] { return "a message of the last transaction is missing"; });
      ids.push_back(found->id);
      stored->erase(found);
    }
    apply(append, ids);
  }
  for (const DocumentWrite& write : doubt_->documents) {
    if (expected(write) == Outcome::committed) apply(write);
  }
}

std::optional<std::string> Ledger::difference(engine::Store& store) const {
  if (auto different = actor_difference(store)) return different;
  if (auto different = doubt_difference(store)) return different;
  return index_difference(store);
}

std::optional<std::string> Ledger::actor_difference(engine::Store& store) const {
  for (const auto& [key, held] : actors_) {
    const auto kind = store.actor_kind(key);
    if (!kind || *kind != held.kind) return "actor " + hex(key.bytes) + " is missing";
    const auto rows = store.load_journal(key, 1, INT64_MAX);
    if (!rows || rows->size() != held.rows.size()) {
      return fmt::format("actor {} has {} rows instead of {}", hex(key.bytes),
                         rows ? rows->size() : 0, held.rows.size());
    }
    for (const auto& row : *rows) {
      const auto found = held.rows.find(row.sequence);
      if (found == held.rows.end() || found->second != row.data) {
        return fmt::format("row {} of actor {} is another one", row.sequence, hex(key.bytes));
      }
    }
    if (!held.record) continue;
    const auto record = store.find_execution(key);
    if (!record || !*record || (*record)->status != held.record->status ||
        (*record)->stop_ms != held.record->stop_ms) {
      return "the record of actor " + hex(key.bytes) + " is another one";
    }
  }
  return std::nullopt;
}

// An actor that nothing leads to (it has ended, and nobody has to wake it) is found by asking for
// it.
std::optional<std::string> Ledger::doubt_difference(engine::Store& store) const {
  if (!doubt_) return std::nullopt;
  for (const Append& append : doubt_->appends) {
    if (!append.create || find(append.actor) != nullptr) continue;
    const auto kind = store.actor_kind(append.actor);
    if (!kind || *kind) return "actor " + hex(append.actor.bytes) + " is there";
  }
  return std::nullopt;
}

std::optional<std::string> Ledger::index_difference(engine::Store& store) const {
  std::set<std::pair<ActorKey, int64_t>> due;
  std::set<ActorKey> open;
  for (const auto& [key, held] : actors_) {
    if (held.due_ms) due.emplace(key, *held.due_ms);
    if (held.open) open.insert(key);
  }
  const auto stored_due = store.due_before(INT64_MAX, {}, INT64_MAX);
  const auto stored_open = store.open_actors(0, INT64_MAX);
  const auto stored_inbox = store.inbox();
  if (!stored_due || !stored_open || !stored_inbox) return "an index cannot be read";
  for (const auto& one : *stored_due) {
    if (due.erase({one.actor, one.due_ms}) == 0) return "a timer of " + hex(one.actor.bytes);
  }
  if (!due.empty()) return "no timer of " + hex(due.begin()->first.bytes);
  for (const auto& one : *stored_open) {
    if (open.erase(one.actor) == 0) return "actor " + hex(one.actor.bytes) + " is open";
  }
  if (!open.empty()) return "actor " + hex(open.begin()->bytes) + " is not open";
  if (stored_inbox->size() != inbox_.size()) {
    return fmt::format("{} messages instead of {}", stored_inbox->size(), inbox_.size());
  }
  for (const auto& message : *stored_inbox) {
    const auto found = inbox_.find(message.id);
    if (found == inbox_.end() || found->second.message != message.message) {
      return fmt::format("message {} is another one", message.id);
    }
  }
  return document_difference(store);
}

std::optional<std::string> Ledger::document_difference(engine::Store& store) const {
  std::set<std::string> kinds;
  for (const auto& [key, document] : documents_) kinds.insert(document.kind);
  if (doubt_) {
    for (const DocumentWrite& write : doubt_->documents) kinds.insert(write.document.kind);
  }
  for (const std::string& kind : kinds) {
    const auto documents = store.documents(kind);
    if (!documents) return "documents cannot be read";
    size_t here = 0;
    for (const auto& [key, document] : documents_) {
      here += document.kind == kind && !document.json.empty();
    }
    if (documents->size() != here) return "a document of kind " + kind;
    for (const auto& document : *documents) {
      const auto known = documents_.find(key_of(document));
      if (known == documents_.end() || known->second.json != document.json ||
          known->second.revision != document.revision) {
        return "the document " + document.name + " is another one";
      }
    }
  }
  return std::nullopt;
}

}  // namespace perdure::sim

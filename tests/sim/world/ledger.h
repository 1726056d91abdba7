#pragma once
// What the store has called durable, kept apart from the engine: every promise about what lasts is
// checked against it, and after each crash the store itself.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "asl/execution/execution.h"
#include "engine/journal/codec.h"
#include "engine/store/store.h"
#include "tests/sim/world/events.h"
#include "tests/sim/world/library.h"

namespace perdure::sim {

// One attempt of a task, as its entries tell.
struct AttemptFacts {
  bool started = false;
  std::optional<asl::EntryType> result;
};

// One actor, as its committed rows tell.
struct Held {
  engine::ActorKind kind{};
  std::map<int64_t, std::string> rows;
  std::optional<engine::ExecutionRecord> record;
  std::optional<int64_t> due_ms;
  bool open = false;

  // Of an execution.
  std::unique_ptr<engine::journal::Decoder> decoder;
  std::unique_ptr<asl::Execution> fold;
  std::vector<asl::Entry> events;
  std::map<int64_t, AttemptFacts> attempts;
  std::map<asl::FrameId, size_t> armed;  // marks of the clock
  std::string input;
  std::string parent;      // its actor key in hexadecimal digits, of a .sync child
  bool disturbed = false;  // something outside did not go by the script
};

// Is told of every committed entry, before it is folded in.
class EntryObserver {
 public:
  virtual ~EntryObserver() = default;
  virtual void entry(const engine::ActorKey& key, const Held& before, const asl::Entry& entry) = 0;
};

class Ledger {
 public:
  Ledger(const WallClock& clock, engine::Blobs& blobs, const Library& library)
      : clock_(clock), blobs_(blobs), library_(library) {}

  void observe(EntryObserver& observer) { observers_.push_back(&observer); }

  // The store has said that this is durable.
  void committed(const engine::Batch& batch, const engine::BatchOutcome& outcome);
  // The machine died in the middle: all of it is there, or nothing.
  void in_doubt(engine::Batch batch) { doubt_ = std::move(batch); }
  void taken_over(int64_t epoch);
  // The store, right after it has been opened again, has exactly what was called durable.
  void compare(engine::Store& store);

  const Held* find(const engine::ActorKey& key) const;
  const AttemptFacts* attempt(const engine::ActorKey& key, int64_t scheduled) const;
  bool was_created(const engine::ActorKey& key) const { return created_.contains(key); }
  const std::map<engine::ActorKey, Held>& actors() const { return actors_; }
  size_t inbox_size() const { return inbox_.size(); }
  std::optional<engine::Document> document(const std::string& kind, const std::string& name) const;
  int64_t epoch() const { return epoch_; }

 private:
  using DocumentKey = std::tuple<std::string, std::string, std::string, std::string>;
  static DocumentKey key_of(const engine::Document& document);
  engine::Outcome expected(const engine::Append& append) const;
  engine::Outcome expected(const engine::DocumentWrite& write) const;
  void apply(const engine::Append& append, const std::vector<int64_t>& ids);
  void apply(const engine::DocumentWrite& write);
  void apply_row(const engine::ActorKey& key, Held& held, const engine::JournalRow& row);
  void apply_doubt(engine::Store& store);
  std::optional<std::string> difference(engine::Store& store) const;
  std::optional<std::string> actor_difference(engine::Store& store) const;
  std::optional<std::string> doubt_difference(engine::Store& store) const;
  std::optional<std::string> index_difference(engine::Store& store) const;
  std::optional<std::string> document_difference(engine::Store& store) const;

  // entry_rules.cc
  void check(const Held& held, const asl::Entry& entry) const;
  void check_time(const Held& held, const asl::Entry& entry) const;
  void note_facts(Held& held, const asl::Entry& entry) const;

  const WallClock& clock_;
  engine::Blobs& blobs_;
  const Library& library_;
  std::vector<EntryObserver*> observers_;
  std::map<engine::ActorKey, Held> actors_;
  std::set<engine::ActorKey> created_;  // also those that were removed since
  std::map<int64_t, engine::InboxMessage> inbox_;
  std::map<DocumentKey, engine::Document> documents_;  // without text: removed
  std::optional<engine::Batch> doubt_;
  int64_t epoch_ = 0;
};

}  // namespace perdure::sim

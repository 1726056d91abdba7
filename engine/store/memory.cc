#include "engine/store/memory.h"

#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "engine/store/memory_objects.h"

namespace perdure::engine {
namespace {

struct Actor {
  ActorKind kind{};
  int64_t number = 0;  // in the order of creation
  std::map<int64_t, std::string> rows;
  std::optional<ExecutionRecord> record;
  std::optional<int64_t> due_ms;
  bool open = false;
  std::optional<Checkpoint> checkpoint;
  std::set<std::string> blobs;
};

bool listed_with(const ExecutionRecord& record, const ExecutionFilter& filter) {
  if (!filter.map_run_arn.empty()) return record.map_run_arn == filter.map_run_arn;
  if (!record.map_run_arn.empty()) return false;
  return record.machine_arn == filter.machine_arn || record.version_arn == filter.machine_arn ||
         record.alias_arn == filter.machine_arn;
}

bool matches(const ExecutionRecord& record, const ExecutionFilter& filter) {
  return listed_with(record, filter) && record.tenant == filter.tenant &&
         (filter.status.empty() || record.status == filter.status) &&
         (!filter.redriven || *filter.redriven == (record.redrive_count > 0));
}

// Newest first, ties by key ascending.
bool listed_after(const ExecutionRecord& record, const ExecutionPosition& position) {
  if (record.start_ms != position.start_ms) return record.start_ms < position.start_ms;
  return record.key > position.key;
}

class MemoryStore final : public Store {
 public:
  Result<int64_t> acquire_leases() override {
    const std::lock_guard lock(mutex_);
    return ++epoch_;
  }

  Result<BatchOutcome> commit(int64_t epoch, const Batch& batch) override {
    const std::lock_guard lock(mutex_);
    BatchOutcome outcome;
    for (const Append& append : batch.appends) {
      std::vector<int64_t> ids;
      outcome.appends.push_back(epoch == epoch_ ? apply(append, ids) : Outcome::stale_lease);
      outcome.message_ids.push_back(std::move(ids));
    }
    for (const DocumentWrite& write : batch.documents) {
      int64_t revision = 0;
      outcome.documents.push_back(epoch == epoch_ ? apply(write, revision) : Outcome::stale_lease);
      outcome.revisions.push_back(revision);
    }
    for (const ObjectChange& change : batch.objects) {
      outcome.objects.push_back(epoch == epoch_ ? objects_.apply(change)
                                                : ObjectOutcome::stale_lease);
    }
    return outcome;
  }

  Result<std::vector<JournalRow>> load_journal(const ActorKey& key, int64_t from_sequence,
                                               int64_t limit_rows) override {
    const std::lock_guard lock(mutex_);
    std::vector<JournalRow> rows;
    const auto actor = actors_.find(key);
    if (actor == actors_.end()) return rows;
    const auto& stored = actor->second.rows;
    for (auto at = stored.lower_bound(from_sequence);
         at != stored.end() && static_cast<int64_t>(rows.size()) < limit_rows; ++at) {
      rows.push_back({at->first, at->second});
    }
    return rows;
  }

  Result<int64_t> last_sequence(const ActorKey& key) override {
    const std::lock_guard lock(mutex_);
    const auto actor = actors_.find(key);
    if (actor == actors_.end() || actor->second.rows.empty()) return int64_t{0};
    return actor->second.rows.rbegin()->first;
  }

  Result<std::optional<Checkpoint>> load_checkpoint(const ActorKey& key) override {
    const std::lock_guard lock(mutex_);
    const auto actor = actors_.find(key);
    return actor == actors_.end() ? std::optional<Checkpoint>() : actor->second.checkpoint;
  }

  Result<std::optional<ActorKind>> actor_kind(const ActorKey& key) override {
    const std::lock_guard lock(mutex_);
    const auto actor = actors_.find(key);
    if (actor == actors_.end()) return std::optional<ActorKind>();
    return std::optional(actor->second.kind);
  }

  Result<std::optional<ExecutionRecord>> find_execution(const ActorKey& key) override {
    const std::lock_guard lock(mutex_);
    const auto actor = actors_.find(key);
    if (actor == actors_.end()) return std::optional<ExecutionRecord>();
    return actor->second.record;
  }

  Result<std::vector<ExecutionRecord>> list_executions(const ExecutionFilter& filter,
                                                       const ExecutionPosition& after,
                                                       int64_t limit) override {
    const std::lock_guard lock(mutex_);
    std::map<std::pair<int64_t, ActorKey>, const ExecutionRecord*> ordered;
    for (const auto& [key, actor] : actors_) {
      if (!actor.record || !matches(*actor.record, filter)) continue;
      if (!listed_after(*actor.record, after)) continue;
      ordered.emplace(std::pair(-actor.record->start_ms, key), &*actor.record);
    }
    std::vector<ExecutionRecord> page;
    for (const auto& [position, record] : ordered) {
      if (static_cast<int64_t>(page.size()) >= limit) break;
      page.push_back(*record);
    }
    return page;
  }

  Result<int64_t> count_open(const Tenant& tenant, std::string_view machine_arn) override {
    const std::lock_guard lock(mutex_);
    int64_t count = 0;
    for (const auto& [key, actor] : actors_) {
      if (actor.record && actor.record->tenant == tenant && actor.record->stop_ms == 0 &&
          actor.record->machine_arn == machine_arn) {
        ++count;
      }
    }
    return count;
  }

  Result<std::vector<ActorDue>> due_before(int64_t moment_ms, const DuePosition& after,
                                           int64_t limit) override {
    const std::lock_guard lock(mutex_);
    std::map<std::pair<int64_t, ActorKey>, ActorDue> ordered;
    for (const auto& [key, actor] : actors_) {
      if (!actor.due_ms || *actor.due_ms >= moment_ms) continue;
      if (std::pair(*actor.due_ms, key) <= std::pair(after.due_ms, after.key)) continue;
      ordered.emplace(std::pair(*actor.due_ms, key), ActorDue{key, actor.kind, *actor.due_ms});
    }
    std::vector<ActorDue> due;
    for (const auto& [position, one] : ordered) {
      if (static_cast<int64_t>(due.size()) >= limit) break;
      due.push_back(one);
    }
    return due;
  }

  Result<std::optional<int64_t>> earliest_due() override {
    const std::lock_guard lock(mutex_);
    std::optional<int64_t> earliest;
    for (const auto& [key, actor] : actors_) {
      if (actor.due_ms && (!earliest || *actor.due_ms < *earliest)) earliest = actor.due_ms;
    }
    return earliest;
  }

  Result<std::vector<OpenActor>> open_actors(int64_t after, int64_t limit) override {
    const std::lock_guard lock(mutex_);
    std::map<int64_t, OpenActor> ordered;
    for (const auto& [key, actor] : actors_) {
      if (!actor.open || actor.number <= after) continue;
      ordered.emplace(actor.number, OpenActor{key, actor.kind, actor.number});
    }
    std::vector<OpenActor> open;
    for (const auto& [number, one] : ordered) {
      if (static_cast<int64_t>(open.size()) >= limit) break;
      open.push_back(one);
    }
    return open;
  }

  Result<std::vector<InboxMessage>> inbox() override {
    const std::lock_guard lock(mutex_);
    std::vector<InboxMessage> messages;
    for (const auto& [id, message] : inbox_) messages.push_back(message);
    return messages;
  }

  Result<std::vector<Document>> documents(std::string_view kind) override {
    const std::lock_guard lock(mutex_);
    std::vector<Document> found;
    for (const auto& [key, document] : documents_) {
      if (document.kind == kind && !document.json.empty()) found.push_back(document);
    }
    return found;
  }

  ObjectRows& objects() override { return objects_; }

  Result<bool> blob_is_named(std::string_view hash) override {
    if (objects_.names(hash)) return true;
    const std::lock_guard lock(mutex_);
    for (const auto& [key, actor] : actors_) {
      if (actor.blobs.contains(std::string(hash))) return true;
    }
    for (const auto& [key, document] : documents_) {
      if (document.json.find(hash) != std::string::npos) return true;
    }
    return false;
  }

  Result<StoreStats> stats() override {
    const std::lock_guard lock(mutex_);
    StoreStats stats;
    for (const auto& [key, actor] : actors_) {
      if (actor.due_ms) ++stats.timers;
      if (actor.open) ++stats.open_actors;
      if (actor.record) ++stats.executions[actor.record->status];
    }
    stats.messages = static_cast<int64_t>(inbox_.size());
    return stats;
  }

  Result<int64_t> expire(int64_t epoch, int64_t stopped_before_ms, int64_t limit) override {
    const std::lock_guard lock(mutex_);
    if (epoch != epoch_) return Error{ErrorKind::conflict, "StaleLease", ""};
    std::map<std::pair<int64_t, ActorKey>, ActorKey> ordered;
    for (const auto& [key, actor] : actors_) {
      if (!actor.record || actor.record->stop_ms == 0) continue;
      if (actor.record->stop_ms >= stopped_before_ms) continue;
      ordered.emplace(std::pair(actor.record->stop_ms, key), key);
    }
    int64_t expired = 0;
    for (const auto& [position, key] : ordered) {
      if (expired == limit) break;
      actors_.erase(key);
      ++expired;
    }
    return expired;
  }

 private:
  using DocumentKey = std::tuple<std::string, std::string, std::string, std::string>;

  Outcome apply(const Append& append, std::vector<int64_t>& ids) {
    const auto known = actors_.find(append.actor);
    if (append.create ? known != actors_.end() : known == actors_.end() && changes_actor(append)) {
      return Outcome::conflict;
    }
    if (append.row && known != actors_.end() && known->second.rows.contains(append.row->sequence)) {
      return Outcome::conflict;
    }
    for (const int64_t id : append.consumed) inbox_.erase(id);
    for (InboxMessage message : append.sends) {
      message.id = ++last_message_;
      ids.push_back(message.id);
      inbox_.emplace(message.id, std::move(message));
    }
    if (append.remove) {
      actors_.erase(append.actor);
    } else if (append.create || changes_actor(append)) {
      Actor& actor = actors_[append.actor];
      if (append.create) actor.number = ++last_actor_;
      change(actor, append);
    }
    return Outcome::committed;
  }

  static bool changes_actor(const Append& append) {
    return append.row || append.record || append.due_ms || append.open || append.checkpoint;
  }

  static void change(Actor& actor, const Append& append) {
    if (append.create) actor.kind = append.kind;
    if (append.row) actor.rows.emplace(append.row->sequence, append.row->data);
    if (append.record) actor.record = append.record;
    if (append.due_ms) actor.due_ms = *append.due_ms;
    if (append.open) actor.open = *append.open;
    if (append.checkpoint) actor.checkpoint = append.checkpoint;
    actor.blobs.insert(append.blobs.begin(), append.blobs.end());
  }

  // A removed document leaves its revision behind: a name's revisions only grow.
  Outcome apply(const DocumentWrite& write, int64_t& revision) {
    const Document& document = write.document;
    const DocumentKey key{document.kind, document.tenant.account, document.tenant.region,
                          document.name};
    const auto known = documents_.find(key);
    const int64_t last = known == documents_.end() ? 0 : known->second.revision;
    const bool exists = known != documents_.end() && !known->second.json.empty();
    if (write.expected_revision && *write.expected_revision != (exists ? last : 0)) {
      return Outcome::conflict;
    }
    revision = last + 1;
    Document& stored = documents_[key];
    stored = document;
    stored.revision = revision;
    if (write.remove) stored.json.clear();
    return Outcome::committed;
  }

  std::mutex mutex_;
  int64_t epoch_ = 0;
  std::map<ActorKey, Actor> actors_;
  std::map<int64_t, InboxMessage> inbox_;
  int64_t last_message_ = 0;
  int64_t last_actor_ = 0;
  std::map<DocumentKey, Document> documents_;
  MemoryObjects objects_;
};

}  // namespace

std::unique_ptr<Store> memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace perdure::engine

#pragma once
// Between the engine and its store: tells the ledger what is durable, and lets the machine die
// before, in, or after a commit.

#include <functional>
#include <memory>
#include <utility>

#include "engine/store/store.h"
#include "tests/sim/world/ledger.h"
#include "tests/sim/world/storage.h"
#include "tests/sim/world/trace.h"

namespace perdure::sim {

class WatchedStore final : public engine::Store {
 public:
  struct Hooks {
    std::function<void()> before_commit;  // may throw Crash
    std::function<void()> after_commit;   // likewise
    std::function<bool()> disk_full;
  };
  // All outlive it.
  WatchedStore(engine::Store& inner, const Storage& storage, Ledger& ledger, const WallClock& clock,
               Trace& trace, Hooks hooks);

  Result<int64_t> acquire_leases() override;
  Result<engine::BatchOutcome> commit(int64_t epoch, const engine::Batch& batch) override;
  Result<int64_t> expire(int64_t epoch, int64_t before_ms, int64_t limit) override;

  Result<std::vector<engine::JournalRow>> load_journal(const engine::ActorKey& actor, int64_t from,
                                                       int64_t limit) override {
    return alive(inner_.load_journal(actor, from, limit));
  }
  Result<std::optional<engine::ActorKind>> actor_kind(const engine::ActorKey& actor) override {
    return alive(inner_.actor_kind(actor));
  }
  Result<std::optional<engine::ExecutionRecord>> find_execution(
      const engine::ActorKey& actor) override {
    return alive(inner_.find_execution(actor));
  }
  Result<std::vector<engine::ExecutionRecord>> list_executions(
      const engine::ExecutionFilter& filter, const engine::ExecutionPosition& after,
      int64_t limit) override {
    return alive(inner_.list_executions(filter, after, limit));
  }
  Result<int64_t> count_open(const engine::Tenant& tenant, std::string_view arn) override {
    return alive(inner_.count_open(tenant, arn));
  }
  Result<int64_t> last_sequence(const engine::ActorKey& actor) override {
    return alive(inner_.last_sequence(actor));
  }
  engine::ObjectRows& objects() override { return inner_.objects(); }
  Result<std::optional<engine::Checkpoint>> load_checkpoint(
      const engine::ActorKey& actor) override {
    return alive(inner_.load_checkpoint(actor));
  }
  Result<bool> blob_is_named(std::string_view hash) override {
    return alive(inner_.blob_is_named(hash));
  }
  Result<engine::StoreStats> stats() override { return alive(inner_.stats()); }
  Result<std::vector<engine::ActorDue>> due_before(int64_t moment, const engine::DuePosition& after,
                                                   int64_t limit) override {
    return alive(inner_.due_before(moment, after, limit));
  }
  Result<std::optional<int64_t>> earliest_due() override { return alive(inner_.earliest_due()); }
  Result<std::vector<engine::OpenActor>> open_actors(int64_t after, int64_t limit) override {
    return alive(inner_.open_actors(after, limit));
  }
  Result<std::vector<engine::InboxMessage>> inbox() override { return alive(inner_.inbox()); }
  Result<std::vector<engine::Document>> documents(std::string_view kind) override {
    return alive(inner_.documents(kind));
  }

 private:
  // On a dead disk a read may fail too; the machine is gone then.
  template <class Outcome>
  Outcome alive(Outcome result) {
    if (!result && storage_.dead()) throw Crash{};
    if (!result) throw Violation{"the store can be read", result.error().cause};
    return result;
  }
  void refuse_old_holder();
  void trace(const engine::Batch& batch);

  engine::Store& inner_;
  const Storage& storage_;
  Ledger& ledger_;
  const WallClock& clock_;
  Trace& trace_;
  const Hooks hooks_;
};

}  // namespace perdure::sim

#include "tests/sim/world/watched_store.h"

#include "base/hash.h"

namespace perdure::sim {

using engine::Batch;
using engine::BatchOutcome;
using engine::Outcome;

WatchedStore::WatchedStore(engine::Store& inner, const Storage& storage, Ledger& ledger,
                           const WallClock& clock, Trace& trace, Hooks hooks)
    : inner_(inner),
      storage_(storage),
      ledger_(ledger),
      clock_(clock),
      trace_(trace),
      hooks_(std::move(hooks)) {}

Result<int64_t> WatchedStore::acquire_leases() {
  auto epoch = alive(inner_.acquire_leases());
  ledger_.taken_over(*epoch);
  if (*epoch > 1) refuse_old_holder();
  return epoch;
}

// The process before this one was only asleep, and now tries to commit.
void WatchedStore::refuse_old_holder() {
  Batch late;
  late.documents.push_back({{"setting", {}, "late", "1", 0}, false, std::nullopt});
  const auto outcome = alive(inner_.commit(ledger_.epoch() - 1, late));
  if (outcome->documents.at(0) != Outcome::stale_lease) {
    throw Violation{"an old holder's commit is refused", "it was not"};
  }
}

Result<BatchOutcome> WatchedStore::commit(int64_t epoch, const Batch& batch) {
  if (hooks_.disk_full()) {
    return Error{ErrorKind::unavailable, "ServiceUnavailable", "The disk is full."};
  }
  hooks_.before_commit();
  trace(batch);
  auto outcome = inner_.commit(epoch, batch);
  if (!outcome && storage_.dead()) {
    ledger_.in_doubt(batch);
    throw Crash{};
  }
  if (!outcome) throw Violation{"the store can be written", outcome.error().cause};
  ledger_.committed(batch, *outcome);
  hooks_.after_commit();
  return outcome;
}

Result<int64_t> WatchedStore::expire(int64_t epoch, int64_t before_ms, int64_t limit) {
  auto expired = alive(inner_.expire(epoch, before_ms, limit));
  if (*expired != 0) throw Violation{"executions are kept for their retention", "some are gone"};
  return expired;
}

void WatchedStore::trace(const Batch& batch) {
  for (const auto& append : batch.appends) {
    const uint64_t content = append.row ? hash_text(append.row->data) : 0;
    trace_.note(clock_.now_ms(), "append", content, "{} row {} sends {} consumes {} due {}",
                hex(append.actor.bytes), append.row ? append.row->sequence : 0, append.sends.size(),
                append.consumed.size(), append.due_ms ? append.due_ms->value_or(-1) : 0);
  }
  for (const auto& write : batch.documents) {
    trace_.note(clock_.now_ms(), "document", hash_text(write.document.json), "{} {}{}",
                write.document.kind, write.document.name, write.remove ? " removed" : "");
  }
}

}  // namespace perdure::sim

#pragma once
// Applies a batch inside one transaction. Used by the committing thread only.

#include <map>
#include <memory>
#include <string>

#include "engine/mutant.h"
#include "engine/store/database.h"
#include "engine/store/store.h"

namespace perdure::engine {

class SqliteWriter {
 public:
  explicit SqliteWriter(std::unique_ptr<Database> database, Mutant mutant = Mutant::none)
      : database_(std::move(database)), mutant_(mutant) {}

  Database& database() { return *database_; }

  Result<> create_schema();  // or checks the version of the one that is there
  Result<int64_t> acquire_leases();
  Result<BatchOutcome> commit(int64_t epoch, const Batch& batch);
  Result<int64_t> expire(int64_t epoch, int64_t stopped_before_ms, int64_t limit);

 private:
  Result<BatchOutcome> apply(int64_t epoch, const Batch& batch);
  Result<Outcome> apply(const Append& append, std::vector<int64_t>& ids);
  Result<Outcome> apply(const DocumentWrite& write, int64_t& revision);
  Result<int64_t> find_actor(const ActorKey& key);  // 0: none
  Result<int64_t> create_actor(const Append& append);
  Result<bool> add_row(int64_t actor, const ActorKey& key,
                       const JournalRow& row);  // false: it is there already
  Result<> change(int64_t actor, const Append& append);
  Result<> attach(int64_t actor, const Append& append);
  Result<> write_checkpoint(int64_t actor, const Checkpoint& checkpoint);
  Result<> remove_actor(int64_t actor);
  Result<> post(const Append& append, std::vector<int64_t>& ids);
  Result<int64_t> machine_id(const ExecutionRecord& record);
  Result<int64_t> current_epoch();
  Result<> run(const char* sql);  // a literal
  template <class Work>
  auto in_transaction(Work&& work) -> decltype(work());

  std::unique_ptr<Database> database_;
  Mutant mutant_;
  std::map<std::string, int64_t> machines_;  // committed ones only
  int64_t next_message_ = 0;                 // 0: not read yet
};

}  // namespace perdure::engine

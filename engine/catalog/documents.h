#pragma once
// Small named things of one kind (function configurations, schedules, settings): all of them in
// memory, every write durable before it is seen.

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "engine/keys.h"
#include "engine/store/store.h"

namespace perdure::engine {

// Implemented by the committer: writes join the next group commit.
class DocumentWriter {
 public:
  virtual ~DocumentWriter() = default;
  // `done` gets the new revision once it is durable; kind conflict if the expected revision is not
  // the stored one. Called once, from any thread.
  virtual void write(DocumentWrite write, std::function<void(Result<int64_t>)> done) = 0;
};

// All documents of one kind. Safe from any thread. Callbacks come from any thread and without locks
// held; when one runs, reads see what it reports. The object outlives the writes it has begun.
class Documents {
 public:
  Documents(std::string kind, DocumentWriter& writer);

  // Reads what is stored; before anything else.
  Result<> load(Store& store);

  std::optional<Document> find(const Tenant& tenant, std::string_view name) const;
  // Of the one that is stored; cheaper than a copy of all of it.
  std::optional<int64_t> revision(const Tenant& tenant, std::string_view name) const;
  std::vector<Document> list(const Tenant& tenant) const;  // by name
  std::vector<Document> all() const;                       // by tenant and name

  // Completes with the new revision. `expected_revision`: conflict unless the stored revision is
  // this one (0: must not exist yet); absent: the last one wins.
  void put(const Tenant& tenant, std::string name, std::string json,
           std::optional<int64_t> expected_revision, std::function<void(Result<int64_t>)> done);
  // One that is not there is fine, unless a revision is expected.
  void remove(const Tenant& tenant, std::string name, std::optional<int64_t> expected_revision,
              std::function<void(Result<int64_t>)> done);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // account, region, name
  void submit(DocumentWrite write, std::function<void(Result<int64_t>)> done);
  void settle(const DocumentWrite& write, int64_t revision);

  const std::string kind_;
  DocumentWriter& writer_;
  mutable std::mutex mutex_;
  std::map<Key, Document> documents_;
};

}  // namespace perdure::engine

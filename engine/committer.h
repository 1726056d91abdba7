#pragma once
// Gathers the bursts of all shards, and documents, into one transaction: while one commit is on its
// way to the disk, the next one gathers. Nobody learns of an outcome before it is durable.

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/runner.h"
#include "engine/blobs.h"
#include "engine/catalog/documents.h"
#include "engine/journal/codec.h"
#include "engine/store/store.h"

namespace perdure::engine {

// Safe from any thread. Commits block `runner`. A full disk is waited out: what was submitted stays
// submitted. Any other failure of the store ends the process, since what is durable is unknown.
class Committer final : public DocumentWriter, public ObjectWriter {
 public:
  // `messages`: the inbox ids of the append's sends, in their order.
  using Done = std::function<void(Outcome outcome, std::vector<int64_t> messages)>;

  Committer(Store& store, Blobs& blobs, const Clock& clock, Runner& runner);

  // Before the first submit.
  Result<> take_leases();

  // `done` runs on `home`. Appends of one actor are committed in the order of their submission.
  // Large payloads are on stable storage before the append.
  void submit(Append append, std::vector<journal::LargePayload> large, Runner& home, Done done);
  void write(DocumentWrite write, std::function<void(Result<int64_t>)> done) override;
  void change(ObjectChange change, std::function<void(Result<ObjectOutcome>)> done) override;
  // Both in one transaction; a conflict of one does not keep the other from being written.
  void write_with(DocumentWrite write, std::function<void(Result<int64_t>)> done, Append append);
  // Runs on the committing thread, between commits: for the store's own upkeep.
  void between_commits(std::function<void(Store& store, int64_t epoch)> work);

  bool disk_full() const;
  bool idle() const;         // nothing is gathered or on its way
  int64_t delay_ms() const;  // how long the oldest submission has been waiting
  // Calls back, on the committing thread, once nothing is on its way.
  void when_quiet(std::function<void()> done);

 private:
  struct PendingAppend {
    Append append;
    std::vector<journal::LargePayload> large;
    Runner* home;
    Done done;
  };
  struct PendingDocument {
    DocumentWrite write;
    std::function<void(Result<int64_t>)> done;
  };
  struct PendingObject {
    ObjectChange change;
    std::function<void(Result<ObjectOutcome>)> done;
  };
  struct Gathered {
    std::vector<PendingAppend> appends;
    std::vector<PendingDocument> documents;
    std::vector<PendingObject> objects;
    bool empty() const { return appends.empty() && documents.empty() && objects.empty(); }
  };

  void wake_locked();
  void run();
  Result<BatchOutcome> commit();
  Result<> store_blobs();
  void report(BatchOutcome outcome);
  void wait_for_space(const Error& error);
  void finish_quiet();

  Store& store_;
  Blobs& blobs_;
  const Clock& clock_;
  Runner& runner_;
  int64_t epoch_ = 0;
  Gathered current_;  // of the committing thread
  Batch batch_;       // likewise: what `current_` commits

  mutable std::mutex mutex_;
  Gathered next_;
  std::vector<std::function<void()>> quiet_;
  bool busy_ = false;  // a run is posted or under way
  bool disk_full_ = false;
  int64_t oldest_ms_ = 0;  // of what is gathered or being committed; 0: nothing is
  int64_t oldest_next_ms_ = 0;
};

}  // namespace perdure::engine

#pragma once
// The whole contract with a database. Implementations: memory (the oracle), sqlite; all pass
// tests/engine/store/contract_test.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/keys.h"
#include "engine/store/object_rows.h"

namespace perdure::engine {

enum class ActorKind : uint8_t {
  execution = 1,
  express = 2,
  schedule = 3,
  invocation = 4,
  map_run = 5
};

// Of executions, and of map runs, whose machine_arn is "arn:aws:states:R:A:mapRun:NAME/LABEL": what
// lists and DescribeExecution show without reading a journal.
struct ExecutionRecord {
  ActorKey key;
  Tenant tenant;
  std::string arn;
  std::string machine_arn;
  std::string name;
  std::string status;  // AWS's words
  int64_t start_ms = 0;
  int64_t stop_ms = 0;  // 0: open
  std::string version_arn, alias_arn;
  int64_t redrive_count = 0;
  int64_t redrive_ms = 0;   // the last one's moment; 0: none
  std::string map_run_arn;  // of a map run's child; machine_arn follows from it then
};

struct JournalRow {
  int64_t sequence = 0;  // 1, 2, 3, ... within the actor (a burst of notes only has no event id)
  std::string data;      // the entries of one burst (docs/journal.md)
};

// A cache of what the rows up to one fold to, so that a long journal need not be read whole. It has
// a format of its own; deleting all of them loses nothing.
struct Checkpoint {
  int64_t sequence = 0;  // of the last row that it covers
  std::string data;
};

// What one actor sends another: inserted with the sender's entries, removed with the receiver's.
struct InboxMessage {
  int64_t id = 0;  // given by the store, ascending
  ActorKey to;
  std::string message;  // encoded by the engine
};

// One actor's burst. Succeeds or conflicts alone. An append to an actor that does not exist
// conflicts too, unless it only sends and consumes messages.
struct Append {
  ActorKey actor;
  ActorKind kind = ActorKind::execution;
  bool create = false;                    // conflict if the actor exists (or its name is retained)
  std::optional<JournalRow> row;          // conflict if (actor, sequence) exists
  std::optional<ExecutionRecord> record;  // upsert
  std::optional<std::optional<int64_t>>
      due_ms;                            // set or clear the actor's timer; absent: as it was
  std::optional<bool> open;              // external effects outstanding; absent: as it was
  bool remove = false;                   // forget the actor: journal, timer, open row
  std::optional<Checkpoint> checkpoint;  // takes the place of the actor's last one
  std::vector<std::string> blobs;        // hashes of the blobs that the row names
  std::vector<InboxMessage> sends;       // ids are filled in by the commit
  std::vector<int64_t> consumed;         // inbox ids that this burst has dealt with
};

// A small named thing: definitions of state machines, functions, schedules, settings.
struct Document {
  std::string kind;  // "state_machine", "function", "schedule", "setting", ...
  Tenant tenant;
  std::string name;
  std::string json;      // never empty
  int64_t revision = 0;  // counts the writes of this name, removals too
};
struct DocumentWrite {
  Document document;
  bool remove = false;
  // Conflict unless the stored revision is this one (0: must not exist). Absent: last one wins.
  std::optional<int64_t> expected_revision;
};

struct Batch {
  std::vector<Append> appends;
  std::vector<DocumentWrite> documents;
  std::vector<ObjectChange> objects;
};

enum class Outcome : uint8_t { committed, conflict, stale_lease };
struct BatchOutcome {
  std::vector<Outcome> appends;  // one each, in order; `sends` ids: see message_ids
  std::vector<Outcome> documents;
  std::vector<ObjectOutcome> objects;
  std::vector<int64_t> revisions;                 // of each document, as stored now
  std::vector<std::vector<int64_t>> message_ids;  // of each append's sends
};

struct ActorDue {
  ActorKey actor;
  ActorKind kind;
  int64_t due_ms;
};
struct DuePosition {  // where a page of timers ended: by moment, ties by key
  int64_t due_ms = INT64_MIN;
  ActorKey key{};
};
struct OpenActor {
  ActorKey actor;
  ActorKind kind;
  int64_t position;  // grows in the order of creation
};

struct ExecutionFilter {
  Tenant tenant;
  std::string machine_arn;  // also matches version and alias ARNs exactly
  std::string status;       // empty: any
  std::optional<bool> redriven;
  std::string map_run_arn;  // instead of a machine: the children of this map run
};
struct ExecutionPosition {  // where a page ended: newest first, ties by key
  int64_t start_ms = INT64_MAX;
  ActorKey key{};
};

// How much there is. Counting may take a second with ten million executions.
struct StoreStats {
  int64_t file_bytes = 0;  // 0: no file
  int64_t log_bytes = 0;   // of the write-ahead log
  int64_t free_bytes = 0;  // inside the file, for what comes next
  int64_t timers = 0;
  int64_t open_actors = 0;                    // with work outside
  int64_t messages = 0;                       // in the inbox
  std::map<std::string, int64_t> executions;  // and map runs, by status
};

class Store {
 public:
  virtual ~Store() = default;

  // Takes all shards' leases; every later commit by an older holder is refused (`stale_lease`).
  virtual Result<int64_t> acquire_leases() = 0;  // the new epoch

  // Returns once everything that it calls committed is on stable storage. An error means that
  // nothing is: kind `unavailable` (disk full: the caller waits and tries again), any other kind
  // ends the process. One thread calls it.
  virtual Result<BatchOutcome> commit(int64_t epoch, const Batch& batch) = 0;

  // Reads see committed state only; safe from any thread.
  virtual Result<std::vector<JournalRow>> load_journal(const ActorKey& actor, int64_t from_sequence,
                                                       int64_t limit_rows) = 0;
  virtual Result<int64_t> last_sequence(const ActorKey& actor) = 0;  // 0: no rows
  virtual Result<std::optional<Checkpoint>> load_checkpoint(const ActorKey& actor) = 0;
  virtual Result<std::optional<ActorKind>> actor_kind(const ActorKey& actor) = 0;
  virtual Result<std::optional<ExecutionRecord>> find_execution(const ActorKey& actor) = 0;
  virtual Result<std::vector<ExecutionRecord>> list_executions(const ExecutionFilter& filter,
                                                               const ExecutionPosition& after,
                                                               int64_t limit) = 0;
  virtual Result<int64_t> count_open(const Tenant& tenant, std::string_view machine_arn) = 0;
  // In the order of their moments, from behind the position on.
  virtual Result<std::vector<ActorDue>> due_before(int64_t moment_ms, const DuePosition& after,
                                                   int64_t limit) = 0;
  virtual Result<std::optional<int64_t>> earliest_due() = 0;
  // Those behind the position (0: all), in their order.
  virtual Result<std::vector<OpenActor>> open_actors(int64_t after, int64_t limit) = 0;
  virtual Result<std::vector<InboxMessage>> inbox() = 0;  // all of it, ascending ids (recovery)
  virtual Result<std::vector<Document>> documents(std::string_view kind) = 0;
  virtual ObjectRows& objects() = 0;
  // Whether a journal row, a document or an object names the blob by its hash; also true where that
  // cannot be known, because rows are there that were written before it was recorded.
  virtual Result<bool> blob_is_named(std::string_view hash) = 0;
  virtual Result<StoreStats> stats() = 0;

  // Closed executions that stopped before the moment are forgotten, at most `limit` of them. Called
  // by the thread that commits.
  virtual Result<int64_t> expire(int64_t epoch, int64_t stopped_before_ms, int64_t limit) = 0;
};

}  // namespace perdure::engine

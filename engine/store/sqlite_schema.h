#pragma once
// The tables of the embedded store. Actors have small numbers, given in the order of creation, so
// that journals grow at the end of their tables. The index over actor keys grows at its end too for
// the names that we give, whose keys begin with their moment; those of other names are hashes.

#include <cstddef>

namespace perdure::engine {

inline constexpr int sqlite_schema_version = 6;

// Each version's tables are added to those of the one before, in one transaction.

inline constexpr char sqlite_schema_1[] = R"sql(
CREATE TABLE machines(
  id INTEGER PRIMARY KEY,
  arn TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  region TEXT NOT NULL);
CREATE TABLE actors(
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL,
  kind INTEGER NOT NULL,
  due_ms INTEGER,
  open INTEGER,       -- 1, or NULL
  machine INTEGER,    -- from here on: the record of an execution
  name TEXT,
  status INTEGER,
  start_ms INTEGER,
  stop_ms INTEGER,    -- NULL while it runs
  arn TEXT,           -- NULL where it follows from machine and name
  version_arn TEXT,
  alias_arn TEXT);
CREATE UNIQUE INDEX actors_by_key ON actors(key);
CREATE INDEX actors_by_machine ON actors(machine, start_ms DESC, key) WHERE machine IS NOT NULL;
CREATE INDEX actors_running ON actors(machine, start_ms DESC, key)
  WHERE machine IS NOT NULL AND stop_ms IS NULL;
CREATE INDEX actors_by_version ON actors(version_arn, start_ms DESC, key)
  WHERE version_arn IS NOT NULL;
CREATE INDEX actors_by_alias ON actors(alias_arn, start_ms DESC, key) WHERE alias_arn IS NOT NULL;
CREATE INDEX actors_due ON actors(due_ms, key) WHERE due_ms IS NOT NULL;
CREATE INDEX actors_open ON actors(open) WHERE open IS NOT NULL;
CREATE INDEX actors_stopped ON actors(stop_ms) WHERE stop_ms IS NOT NULL;
CREATE TABLE journal(
  actor INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  data BLOB NOT NULL);
CREATE UNIQUE INDEX journal_by_actor ON journal(actor, sequence);
CREATE TABLE inbox(
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL,
  message BLOB NOT NULL);
CREATE TABLE documents(
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  revision INTEGER NOT NULL,
  json TEXT,          -- NULL: removed; the revision stays, so that revisions only grow
  PRIMARY KEY(kind, account, region, name)) WITHOUT ROWID;
CREATE TABLE lease(epoch INTEGER NOT NULL);
INSERT INTO lease VALUES(0);
)sql";

// `actors_unlucky` lets failed, timed out and aborted executions be counted, and with them those
// that succeeded, without a look at each. `untracked`: rows of actors up to this number may name
// blobs that `blob_uses` does not list.
inline constexpr char sqlite_schema_2[] = R"sql(
CREATE TABLE checkpoints(
  actor INTEGER PRIMARY KEY,
  sequence INTEGER NOT NULL,
  data BLOB NOT NULL);
CREATE TABLE blob_uses(
  actor INTEGER NOT NULL,
  hash BLOB NOT NULL);
CREATE INDEX blob_uses_by_hash ON blob_uses(hash);
CREATE INDEX blob_uses_by_actor ON blob_uses(actor);
CREATE INDEX actors_unlucky ON actors(status) WHERE status>2;
CREATE TABLE untracked(actor INTEGER NOT NULL);
INSERT INTO untracked SELECT coalesce(max(id),0) FROM actors;
)sql";

// `first`: the journal's row 1, where it came with the actor and is short. It has no row in
// `journal` then. Most executions have only this one, and it is read whenever the actor's row is.
inline constexpr char sqlite_schema_3[] = R"sql(
ALTER TABLE actors ADD COLUMN first BLOB;
)sql";
inline constexpr size_t longest_first_row = 2'000;  // so that the whole row stays on its page

// Of the executions that have been redriven; NULL of all others.
inline constexpr char sqlite_schema_5[] = R"sql(
ALTER TABLE actors ADD COLUMN redrive_count INTEGER;
ALTER TABLE actors ADD COLUMN redrive_ms INTEGER;
)sql";

// What row_checksum.h says of each row of a journal; NULL of rows that earlier versions wrote.
inline constexpr char sqlite_schema_6[] = R"sql(
ALTER TABLE journal ADD COLUMN checksum INTEGER;
ALTER TABLE actors ADD COLUMN first_checksum INTEGER;
)sql";

}  // namespace perdure::engine

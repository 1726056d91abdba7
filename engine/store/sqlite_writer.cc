#include "engine/store/sqlite_writer.h"

#include <array>

#include "engine/store/row_checksum.h"
#include "engine/store/sqlite_objects.h"
#include "engine/store/sqlite_record.h"
#include "engine/store/sqlite_schema.h"

namespace perdure::engine {
namespace {

bool changes_actor(const Append& append) {
  return append.row || append.record || append.due_ms || append.open || append.checkpoint;
}

// Statements over `actors` number their parameters alike: the record's are 1 to 8, in the order of
// the columns. What is not bound is NULL. Redrives are of those that exist already.
constexpr int due_parameter = 9, open_parameter = 10, actor_parameter = 11;
constexpr int redrive_count_parameter = 12, redrive_ms_parameter = 13;

Result<> bind_record(Statement& statement, int64_t machine, const ExecutionRecord& record) {
  const int64_t status = status_number(record.status);
  if (status == 0) return internal_error("No execution has the status " + record.status + ".");
  statement.bind(1, machine).bind(2, record.name).bind(3, status).bind(4, record.start_ms);
  if (record.stop_ms != 0) statement.bind(5, record.stop_ms);
  const bool usual = record.arn == usual_execution_arn(record.machine_arn, record.name);
  if (!usual) statement.bind(6, record.arn);
  if (!record.version_arn.empty()) statement.bind(7, record.version_arn);
  if (!record.alias_arn.empty()) statement.bind(8, record.alias_arn);
  return {};
}

void bind_marks(Statement& statement, const Append& append) {
  if (append.due_ms && *append.due_ms) statement.bind(due_parameter, **append.due_ms);
  if (append.open.value_or(false)) statement.bind(open_parameter, int64_t{1});
}

// What an update sets. An execution's name, machine and start never change, and what is not named
// in a statement costs no index anything: `outcome` finds no row where they would.
enum class RecordPart : uint8_t { none, outcome, whole };

std::string update_text(RecordPart part, bool due, bool open) {
  std::string set, where = " WHERE id=?11";
  if (part == RecordPart::outcome) {
    set = ",status=?3,stop_ms=?5";
    where +=
        " AND machine=?1 AND name=?2 AND start_ms=?4 AND arn IS ?6 AND version_arn IS ?7"
        " AND alias_arn IS ?8 AND redrive_count IS ?12 AND redrive_ms IS ?13";
  } else if (part == RecordPart::whole) {
    set =
        ",machine=?1,name=?2,status=?3,start_ms=?4,stop_ms=?5,arn=?6,version_arn=?7,alias_arn=?8"
        ",redrive_count=?12,redrive_ms=?13";
  }
  if (due) set += ",due_ms=?9";
  if (open) set += ",open=?10";
  return "UPDATE actors SET " + set.substr(set.empty() ? 0 : 1) + where;
}

// One text for each, which stays where it is.
const char* update_statement(RecordPart part, bool due, bool open) {
  static const auto texts = [] {
    std::array<std::string, 12> made;
    for (size_t i = 0; i < made.size(); ++i) {
      made[i] = update_text(static_cast<RecordPart>(i / 4), (i & 2) != 0, (i & 1) != 0);
    }
    return made;
  }();
  return texts.at(static_cast<size_t>(part) * 4 + (due ? 2 : 0) + (open ? 1 : 0)).c_str();
}

bool goes_with_actor(const Append& append) {
  return append.create && append.row && append.row->sequence == 1 &&
         append.row->data.size() <= longest_first_row;
}

}  // namespace

template <class Work>
auto SqliteWriter::in_transaction(Work&& work) -> decltype(work()) {
  PD_CHECK(run("BEGIN IMMEDIATE"));
  auto result = work();
  if (result) {
    if (auto committed = run("COMMIT"))
      return result;
    else
      result = std::move(committed).error();
  }
  // SQLite may have rolled back by itself (full disk); then this says so, which changes nothing.
  (void)database_->execute("ROLLBACK");
  machines_.clear();
  // next_message_ stays: the ids of messages grow as long as the process lives.
  return result;
}

Result<> SqliteWriter::run(const char* sql) {
  PD_TRY(statement, database_->prepare(sql));
  return statement->run();
}

Result<> SqliteWriter::create_schema() {
  int64_t version = 0;
  {
    PD_TRY(statement, database_->prepare("PRAGMA user_version"));
    PD_CHECK(statement->step());
    version = statement->number(0);
  }
  if (version == sqlite_schema_version) return {};
  if (version > sqlite_schema_version) {
    return Error{ErrorKind::unsupported, "UnknownSchema",
                 "The data folder was written by a later version of Perdure."};
  }
  const std::string mark = "PRAGMA user_version=" + std::to_string(sqlite_schema_version);
  return in_transaction([&]() -> Result<> {
    if (version < 1) PD_CHECK(database_->execute(sqlite_schema_1));
    if (version < 2) PD_CHECK(database_->execute(sqlite_schema_2));
    if (version < 3) PD_CHECK(database_->execute(sqlite_schema_3));
    if (version < 4) PD_CHECK(database_->execute(sqlite_schema_4));
    if (version < 5) PD_CHECK(database_->execute(sqlite_schema_5));
    if (version < 6) PD_CHECK(database_->execute(sqlite_schema_6));
    return database_->execute(mark.c_str());
  });
}

Result<int64_t> SqliteWriter::current_epoch() {
  PD_TRY(statement, database_->prepare("SELECT epoch FROM lease"));
  PD_CHECK(statement->step());
  return statement->number(0);
}

Result<int64_t> SqliteWriter::acquire_leases() {
  return in_transaction([&]() -> Result<int64_t> {
    PD_TRY(statement, database_->prepare("UPDATE lease SET epoch=epoch+1"));
    PD_CHECK(statement->run());
    return current_epoch();
  });
}

// Where the disk is full, the log may still have space to give back.
Result<BatchOutcome> SqliteWriter::commit(int64_t epoch, const Batch& batch) {
  auto outcome = in_transaction([&] { return apply(epoch, batch); });
  if (!outcome && outcome.error().kind == ErrorKind::unavailable) {
    (void)database_->execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  return outcome;
}

Result<BatchOutcome> SqliteWriter::apply(int64_t epoch, const Batch& batch) {
  BatchOutcome outcome;
  PD_TRY(newest, current_epoch());
  const bool stale = epoch != newest && mutant_ != Mutant::lease_ignored;
  for (const Append& append : batch.appends) {
    std::vector<int64_t> ids;
    PD_TRY(one, stale ? Result<Outcome>(Outcome::stale_lease) : apply(append, ids));
    outcome.appends.push_back(one);
    outcome.message_ids.push_back(std::move(ids));
  }
  for (const DocumentWrite& write : batch.documents) {
    int64_t revision = 0;
    PD_TRY(one, stale ? Result<Outcome>(Outcome::stale_lease) : apply(write, revision));
    outcome.documents.push_back(one);
    outcome.revisions.push_back(revision);
  }
  for (const ObjectChange& change : batch.objects) {
    PD_TRY(one, stale ? Result<ObjectOutcome>(ObjectOutcome::stale_lease)
                      : apply_object_change(*database_, change));
    outcome.objects.push_back(one);
  }
  return outcome;
}

// The checks come before the first change, so that a conflicting append leaves no trace.
Result<Outcome> SqliteWriter::apply(const Append& append, std::vector<int64_t>& ids) {
  int64_t actor = 0;
  if (append.create) {
    PD_TRY(created, create_actor(append));
    if (created == 0) return Outcome::conflict;
    actor = created;
  } else if (changes_actor(append) || append.remove) {
    PD_TRY(found, find_actor(append.actor));
    if (found == 0 && changes_actor(append)) return Outcome::conflict;
    actor = found;
  }
  if (append.row && !goes_with_actor(append)) {
    PD_TRY(added, add_row(actor, append.actor, *append.row));
    if (!added) return Outcome::conflict;
  }
  PD_CHECK(post(append, ids));
  if (append.remove) {
    PD_CHECK(remove_actor(actor));
  } else if (actor != 0) {
    if (!append.create) PD_CHECK(change(actor, append));
    PD_CHECK(attach(actor, append));
  }
  return Outcome::committed;
}

Result<int64_t> SqliteWriter::find_actor(const ActorKey& key) {
  PD_TRY(statement, database_->prepare("SELECT id FROM actors WHERE key=?"));
  statement->bind_blob(1, key_bytes(key));
  PD_TRY(row, statement->step());
  return row ? statement->number(0) : 0;
}

// Everything that is known goes into one statement: each further one would touch the indexes again.
Result<int64_t> SqliteWriter::create_actor(const Append& append) {
  int64_t machine = 0;
  if (append.record) {
    PD_TRY(known, machine_id(*append.record));
    machine = known;
  }
  PD_TRY(statement,
         database_->prepare("INSERT INTO actors(machine,name,status,start_ms,stop_ms,arn,"
                            "version_arn,alias_arn,due_ms,open,key,kind,first,first_checksum)"
                            " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(key) DO NOTHING"));
  if (append.record) PD_CHECK(bind_record(*statement, machine, *append.record));
  bind_marks(*statement, append);
  statement->bind_blob(11, key_bytes(append.actor)).bind(12, static_cast<int64_t>(append.kind));
  if (goes_with_actor(append)) {
    statement->bind_blob(13, append.row->data).bind(14, row_checksum(append.actor, *append.row));
  }
  PD_CHECK(statement->run());
  return database_->changes() == 0 ? 0 : database_->last_id();
}

Result<bool> SqliteWriter::add_row(int64_t actor, const ActorKey& key, const JournalRow& row) {
  if (row.sequence == 1) {
    PD_TRY(statement, database_->prepare("SELECT first IS NOT NULL FROM actors WHERE id=?"));
    statement->bind(1, actor);
    PD_TRY(found, statement->step());
    if (found && statement->number(0) != 0) return false;
  }
  PD_TRY(statement, database_->prepare("INSERT INTO journal(actor,sequence,data,checksum)"
                                       " VALUES(?,?,?,?) ON CONFLICT DO NOTHING"));
  statement->bind(1, actor).bind(2, row.sequence).bind_blob(3, row.data);
  statement->bind(4, row_checksum(key, row));
  PD_CHECK(statement->run());
  return database_->changes() == 1;
}

// One statement: each further one would touch the indexes again.
Result<> SqliteWriter::change(int64_t actor, const Append& append) {
  if (!append.record && !append.due_ms && !append.open) return {};
  int64_t machine = 0;
  if (append.record) {
    PD_TRY(known, machine_id(*append.record));
    machine = known;
  }
  const auto update = [&](RecordPart part) -> Result<int64_t> {
    PD_TRY(statement, database_->prepare(update_statement(part, append.due_ms.has_value(),
                                                          append.open.has_value())));
    if (append.record) PD_CHECK(bind_record(*statement, machine, *append.record));
    if (append.record && append.record->redrive_count > 0) {
      statement->bind(redrive_count_parameter, append.record->redrive_count);
      statement->bind(redrive_ms_parameter, append.record->redrive_ms);
    }
    bind_marks(*statement, append);
    statement->bind(actor_parameter, actor);
    PD_CHECK(statement->run());
    return database_->changes();
  };
  PD_TRY(changed, update(append.record ? RecordPart::outcome : RecordPart::none));
  if (changed == 0 && append.record) PD_CHECK(update(RecordPart::whole));
  return {};
}

// What hangs on the actor beside its row.
Result<> SqliteWriter::attach(int64_t actor, const Append& append) {
  if (append.checkpoint) PD_CHECK(write_checkpoint(actor, *append.checkpoint));
  for (const std::string& hash : append.blobs) {
    PD_TRY(statement, database_->prepare("INSERT INTO blob_uses(actor,hash) VALUES(?,?)"));
    statement->bind(1, actor).bind_blob(2, hash);
    PD_CHECK(statement->run());
  }
  return {};
}

Result<> SqliteWriter::write_checkpoint(int64_t actor, const Checkpoint& checkpoint) {
  PD_TRY(statement, database_->prepare("INSERT OR REPLACE INTO checkpoints(actor,sequence,data)"
                                       " VALUES(?,?,?)"));
  statement->bind(1, actor).bind(2, checkpoint.sequence).bind_blob(3, checkpoint.data);
  return statement->run();
}

Result<> SqliteWriter::remove_actor(int64_t actor) {
  if (actor == 0) return {};
  for (const char* sql :
       {"DELETE FROM journal WHERE actor=?", "DELETE FROM checkpoints WHERE actor=?",
        "DELETE FROM blob_uses WHERE actor=?", "DELETE FROM actors WHERE id=?"}) {
    PD_TRY(statement, database_->prepare(sql));
    statement->bind(1, actor);
    PD_CHECK(statement->run());
  }
  return {};
}

Result<> SqliteWriter::post(const Append& append, std::vector<int64_t>& ids) {
  if (append.sends.empty() && append.consumed.empty()) return {};
  // Read before the first message goes, so that its id is not given again.
  if (next_message_ == 0) {
    PD_TRY(statement, database_->prepare("SELECT max(id) FROM inbox"));
    PD_CHECK(statement->step());
    next_message_ = statement->number(0) + 1;
  }
  for (const int64_t id : append.consumed) {
    PD_TRY(statement, database_->prepare("DELETE FROM inbox WHERE id=?"));
    statement->bind(1, id);
    PD_CHECK(statement->run());
  }
  for (const InboxMessage& message : append.sends) {
    PD_TRY(statement, database_->prepare("INSERT INTO inbox(id,key,message) VALUES(?,?,?)"));
    statement->bind(1, next_message_).bind_blob(2, key_bytes(message.to));
    statement->bind_blob(3, message.message);
    PD_CHECK(statement->run());
    ids.push_back(next_message_++);
  }
  return {};
}

Result<int64_t> SqliteWriter::machine_id(const ExecutionRecord& record) {
  const std::string& arn = listed_under(record);
  if (const auto known = machines_.find(arn); known != machines_.end()) {
    return known->second;
  }
  PD_TRY(insert, database_->prepare("INSERT INTO machines(arn,account,region) VALUES(?,?,?)"
                                    " ON CONFLICT DO NOTHING"));
  insert->bind(1, arn).bind(2, record.tenant.account);
  insert->bind(3, record.tenant.region);
  PD_CHECK(insert->run());
  PD_TRY(statement, database_->prepare("SELECT id FROM machines WHERE arn=?"));
  statement->bind(1, arn);
  PD_CHECK(statement->step());
  return machines_[arn] = statement->number(0);
}

Result<Outcome> SqliteWriter::apply(const DocumentWrite& write, int64_t& revision) {
  const Document& document = write.document;
  int64_t last = 0;
  bool exists = false;
  {
    PD_TRY(statement, database_->prepare("SELECT revision,json IS NOT NULL FROM documents"
                                         " WHERE kind=? AND account=? AND region=? AND name=?"));
    statement->bind(1, document.kind).bind(2, document.tenant.account);
    statement->bind(3, document.tenant.region).bind(4, document.name);
    PD_TRY(row, statement->step());
    if (row) {
      last = statement->number(0);
      exists = statement->number(1) != 0;
    }
  }
  if (write.expected_revision && *write.expected_revision != (exists ? last : 0)) {
    return Outcome::conflict;
  }
  revision = last + 1;
  PD_TRY(statement, database_->prepare("INSERT OR REPLACE INTO documents"
                                       "(kind,account,region,name,revision,json)"
                                       " VALUES(?,?,?,?,?,?)"));
  statement->bind(1, document.kind).bind(2, document.tenant.account);
  statement->bind(3, document.tenant.region).bind(4, document.name).bind(5, revision);
  if (!write.remove) statement->bind(6, document.json);
  PD_CHECK(statement->run());
  return Outcome::committed;
}

Result<int64_t> SqliteWriter::expire(int64_t epoch, int64_t stopped_before_ms, int64_t limit) {
  return in_transaction([&]() -> Result<int64_t> {
    PD_TRY(newest, current_epoch());
    if (epoch != newest) return Error{ErrorKind::conflict, "StaleLease", ""};
    std::vector<int64_t> actors;
    {
      PD_TRY(statement, database_->prepare("SELECT id FROM actors WHERE stop_ms<?"
                                           " ORDER BY stop_ms,key LIMIT ?"));
      statement->bind(1, stopped_before_ms).bind(2, limit);
      for (;;) {
        PD_TRY(row, statement->step());
        if (!row) break;
        actors.push_back(statement->number(0));
      }
    }
    for (const int64_t actor : actors) PD_CHECK(remove_actor(actor));
    return static_cast<int64_t>(actors.size());
  });
}

}  // namespace perdure::engine

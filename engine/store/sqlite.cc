#include "engine/store/sqlite.h"

#include <sys/stat.h>

#include <filesystem>

#include "base/files.h"
#include "engine/store/database.h"
#include "engine/store/database_copy.h"
#include "engine/store/folder_lock.h"
#include "engine/store/log_keeper.h"
#include "engine/store/read_pool.h"
#include "engine/store/row_checksum.h"
#include "engine/store/sqlite_objects.h"
#include "engine/store/sqlite_record.h"
#include "engine/store/sqlite_writer.h"

namespace perdure::engine {
namespace {

int64_t file_bytes(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

// A start must not take longer because much is kept: larger files are checked by `perdure check`
// and by every backup; SQLite itself refuses a page that makes no sense when it reads it.
constexpr int64_t checked_bytes = 16 << 20;

Result<> check_if_small(const std::string& path) {
  const auto size = file_size(path);
  if (!size || *size > checked_bytes) return {};
  PD_TRY(problems, check_database(path, Check::quick));
  if (problems.empty()) return {};
  return database_damaged(path, problems.front());
}

constexpr char list_columns[] =
    "SELECT a.key,m.arn,m.account,m.region,a.name,a.status,a.start_ms,a.stop_ms,a.arn,"
    "a.version_arn,a.alias_arn,a.redrive_count,a.redrive_ms FROM actors a JOIN machines m ON "
    "m.id=a.machine";

ExecutionRecord read_record(const Statement& row) {
  ExecutionRecord record;
  record.key = key_from(row.bytes(0));
  record.machine_arn = row.text(1);
  if (auto machine = machine_of_map_run(record.machine_arn); !machine.empty()) {
    record.map_run_arn = std::exchange(record.machine_arn, std::move(machine));
  }
  record.tenant = {row.text(2), row.text(3)};
  record.name = row.text(4);
  record.status = execution_statuses.at(static_cast<size_t>(row.number(5)));
  record.start_ms = row.number(6);
  record.stop_ms = row.number(7);
  record.arn = row.text(8);
  if (record.arn.empty()) record.arn = usual_execution_arn(record.machine_arn, record.name);
  record.version_arn = row.text(9);
  record.alias_arn = row.text(10);
  record.redrive_count = row.number(11);
  record.redrive_ms = row.number(12);
  return record;
}

// Which index serves the list: the machine's, or that of a version or alias.
struct ListQuery {
  const std::string text;
  explicit ListQuery(std::string_view where)
      : text(std::string(list_columns) + " WHERE " + std::string(where) +
             " AND m.account=?2 AND m.region=?3 AND (?4=0 OR a.status=?4)"
             " AND (?8 IS NULL OR (a.redrive_count IS NOT NULL)=?8)"
             " AND (a.start_ms<?5 OR (a.start_ms=?5 AND a.key>?6))"
             " ORDER BY a.start_ms DESC,a.key LIMIT ?7") {}
};
const ListQuery list_of_machine("a.machine=(SELECT id FROM machines WHERE arn=?1)");
const ListQuery list_of_running(
    "a.machine=(SELECT id FROM machines WHERE arn=?1) AND a.machine IS NOT NULL"
    " AND a.stop_ms IS NULL");
const ListQuery list_of_version("a.version_arn=?1");
const ListQuery list_of_alias("a.alias_arn=?1");
const std::string find_by_key = std::string(list_columns) + " WHERE a.key=?";

const ListQuery& list_query(const ExecutionFilter& filter) {
  // arn:aws:states:R:A:stateMachine:NAME has seven parts; an eighth is a version or an alias.
  if (!filter.map_run_arn.empty()) return list_of_machine;
  const auto colons = std::count(filter.machine_arn.begin(), filter.machine_arn.end(), ':');
  if (colons > 6) {
    const auto last = filter.machine_arn.find_last_not_of("0123456789");
    return filter.machine_arn[last] == ':' ? list_of_version : list_of_alias;
  }
  return filter.status == "RUNNING" ? list_of_running : list_of_machine;
}

class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<FolderLock> lock, SqliteWriter writer,
              std::unique_ptr<Database> log_copier, const std::string& path, StoreOptions options)
      : lock_(std::move(lock)),
        writer_(std::move(writer)),
        log_keeper_(writer_.database(), std::move(log_copier), options.log_copier,
                    options.log_bounds),
        path_(path),
        readers_(path, std::move(options.vfs)) {}

  Result<int64_t> acquire_leases() override { return writer_.acquire_leases(); }

  Result<BatchOutcome> commit(int64_t epoch, const Batch& batch) override {
    log_keeper_.before_commit();
    return writer_.commit(epoch, batch);
  }

  Result<int64_t> expire(int64_t epoch, int64_t stopped_before_ms, int64_t limit) override {
    log_keeper_.before_commit();
    return writer_.expire(epoch, stopped_before_ms, limit);
  }

  Result<std::vector<JournalRow>> load_journal(const ActorKey& actor, int64_t from_sequence,
                                               int64_t limit_rows) override {
    int64_t damaged = 0;
    auto rows = collect<JournalRow>(
        "SELECT 1,first,first_checksum FROM actors WHERE key=?1 AND ?2<=1 AND first IS NOT NULL"
        " UNION ALL SELECT sequence,data,checksum FROM journal WHERE actor="
        "(SELECT id FROM actors WHERE key=?1) AND sequence>=?2 ORDER BY 1 LIMIT ?3",
        [&](Statement& query) {
          query.bind_blob(1, key_bytes(actor)).bind(2, from_sequence).bind(3, limit_rows);
        },
        [&](const Statement& row) {
          JournalRow one{row.number(0), row.text(1)};
          const auto checksum = row.optional_number(2);
          if (checksum && *checksum != row_checksum(actor, one)) damaged = one.sequence;
          return one;
        });
    if (rows && damaged != 0) return damaged_row(damaged);
    return rows;
  }

  Result<int64_t> last_sequence(const ActorKey& actor) override {
    return number(
        "SELECT coalesce((SELECT max(sequence) FROM journal WHERE actor=id),first IS NOT NULL)"
        " FROM actors WHERE key=? UNION ALL SELECT 0",
        [&](Statement& query) { query.bind_blob(1, key_bytes(actor)); });
  }

  Result<std::optional<Checkpoint>> load_checkpoint(const ActorKey& actor) override {
    PD_TRY(found, collect<Checkpoint>(
                      "SELECT sequence,data FROM checkpoints"
                      " WHERE actor=(SELECT id FROM actors WHERE key=?)",
                      [&](Statement& query) { query.bind_blob(1, key_bytes(actor)); },
                      [](const Statement& row) {
                        return Checkpoint{row.number(0), row.text(1)};
                      }));
    if (found.empty()) return std::optional<Checkpoint>();
    return std::optional(std::move(found.front()));
  }

  Result<std::optional<ActorKind>> actor_kind(const ActorKey& actor) override {
    PD_TRY(found, collect<ActorKind>(
                      "SELECT kind FROM actors WHERE key=?",
                      [&](Statement& query) { query.bind_blob(1, key_bytes(actor)); },
                      [](const Statement& row) { return static_cast<ActorKind>(row.number(0)); }));
    return found.empty() ? std::optional<ActorKind>() : found.front();
  }

  Result<std::optional<ExecutionRecord>> find_execution(const ActorKey& actor) override {
    PD_TRY(found,
           collect<ExecutionRecord>(
               find_by_key.c_str(), [&](Statement& query) { query.bind_blob(1, key_bytes(actor)); },
               read_record));
    if (found.empty()) return std::optional<ExecutionRecord>();
    return std::optional(std::move(found.front()));
  }

  Result<std::vector<ExecutionRecord>> list_executions(const ExecutionFilter& filter,
                                                       const ExecutionPosition& after,
                                                       int64_t limit) override {
    const int64_t status = filter.status.empty() ? 0 : status_number(filter.status);
    if (status == 0 && !filter.status.empty()) return std::vector<ExecutionRecord>();
    return collect<ExecutionRecord>(
        list_query(filter).text.c_str(),
        [&](Statement& query) {
          const bool children = !filter.map_run_arn.empty();
          query.bind(1, children ? filter.map_run_arn : filter.machine_arn);
          query.bind(2, filter.tenant.account);
          query.bind(3, filter.tenant.region).bind(4, status).bind(5, after.start_ms);
          query.bind_blob(6, key_bytes(after.key)).bind(7, limit);
          if (filter.redriven) query.bind(8, int64_t{*filter.redriven});
        },
        read_record);
  }

  Result<int64_t> count_open(const Tenant& tenant, std::string_view machine_arn) override {
    return number(
        "SELECT count(*) FROM actors WHERE machine=(SELECT id FROM machines"
        " WHERE arn=? AND account=? AND region=?) AND machine IS NOT NULL"
        " AND stop_ms IS NULL",
        [&](Statement& query) {
          query.bind(1, machine_arn).bind(2, tenant.account).bind(3, tenant.region);
        });
  }

  Result<std::vector<ActorDue>> due_before(int64_t moment_ms, const DuePosition& after,
                                           int64_t limit) override {
    return collect<ActorDue>(
        "SELECT key,kind,due_ms FROM actors WHERE due_ms<? AND (due_ms,key)>(?,?)"
        " ORDER BY due_ms,key LIMIT ?",
        [&](Statement& query) {
          query.bind(1, moment_ms).bind(2, after.due_ms);
          query.bind_blob(3, key_bytes(after.key)).bind(4, limit);
        },
        [](const Statement& row) {
          return ActorDue{key_from(row.bytes(0)), static_cast<ActorKind>(row.number(1)),
                          row.number(2)};
        });
  }

  Result<std::optional<int64_t>> earliest_due() override {
    PD_TRY(found, collect<std::optional<int64_t>>(
                      "SELECT min(due_ms) FROM actors WHERE due_ms IS NOT NULL", [](Statement&) {},
                      [](const Statement& row) { return row.optional_number(0); }));
    return found.front();
  }

  Result<std::vector<OpenActor>> open_actors(int64_t after, int64_t limit) override {
    return collect<OpenActor>(
        "SELECT key,kind,id FROM actors WHERE open=1 AND id>? ORDER BY id LIMIT ?",
        [&](Statement& query) { query.bind(1, after).bind(2, limit); },
        [](const Statement& row) {
          return OpenActor{key_from(row.bytes(0)), static_cast<ActorKind>(row.number(1)),
                           row.number(2)};
        });
  }

  Result<std::vector<InboxMessage>> inbox() override {
    return collect<InboxMessage>(
        "SELECT id,key,message FROM inbox ORDER BY id", [](Statement&) {},
        [](const Statement& row) {
          return InboxMessage{row.number(0), key_from(row.bytes(1)), row.text(2)};
        });
  }

  Result<bool> blob_is_named(std::string_view hash) override {
    PD_TRY(named, number("SELECT EXISTS(SELECT 1 FROM blob_uses WHERE hash=?1) OR"
                         " EXISTS(SELECT 1 FROM segments WHERE blob=?1) OR"
                         " EXISTS(SELECT 1 FROM parts WHERE blob=?1) OR"
                         " EXISTS(SELECT 1 FROM documents WHERE instr(json,?2)) OR"
                         " EXISTS(SELECT 1 FROM actors JOIN untracked ON id<=actor)",
                         [&](Statement& query) { query.bind_blob(1, hash).bind(2, hash); }));
    return named != 0;
  }

  ObjectRows& objects() override { return objects_; }
  Result<StoreStats> stats() override;

  Result<std::vector<Document>> documents(std::string_view kind) override {
    return collect<Document>(
        "SELECT kind,account,region,name,json,revision FROM documents"
        " WHERE kind=? AND json IS NOT NULL ORDER BY account,region,name",
        [&](Statement& query) { query.bind(1, kind); },
        [](const Statement& row) {
          return Document{
              row.text(0), {row.text(1), row.text(2)}, row.text(3), row.text(4), row.number(5)};
        });
  }

 private:
  Result<std::map<std::string, int64_t>> count_by_status();
  // Of a query that has one row with one number.
  template <class Bind>
  Result<int64_t> number(const char* sql, Bind&& bind) {
    PD_TRY(found, collect<int64_t>(sql, std::forward<Bind>(bind),
                                   [](const Statement& row) { return row.number(0); }));
    return found.front();
  }
  Result<int64_t> number(const char* sql) {
    return number(sql, [](Statement&) {});
  }

  template <class Row, class Bind, class Read>
  Result<std::vector<Row>> collect(const char* sql, Bind&& bind, Read&& read) {
    return readers_.collect<Row>(sql, std::forward<Bind>(bind), std::forward<Read>(read));
  }

  std::unique_ptr<FolderLock> lock_;  // released last; null with a VFS of the caller's
  SqliteWriter writer_;
  LogKeeper log_keeper_;
  const std::string path_;
  ReadPool readers_;
  SqliteObjects objects_{readers_};
};

// Those that run and those that ended badly are counted in indexes of their own; the others that
// ended are those that succeeded.
Result<std::map<std::string, int64_t>> SqliteStore::count_by_status() {
  using Count = std::pair<int64_t, int64_t>;
  const auto read = [](const Statement& row) { return Count(row.number(0), row.number(1)); };
  PD_TRY(unlucky, (collect<Count>(
                      "SELECT status,count(*) FROM actors WHERE status>2"
                      " GROUP BY status",
                      [](Statement&) {}, read)));
  PD_TRY(open, number("SELECT count(*) FROM actors INDEXED BY actors_running"
                      " WHERE machine IS NOT NULL AND stop_ms IS NULL"));
  PD_TRY(closed, number("SELECT count(*) FROM actors INDEXED BY actors_stopped"
                        " WHERE stop_ms IS NOT NULL"));
  std::map<std::string, int64_t> counts;
  for (const auto& [status, count] : unlucky) {
    const std::string_view name = execution_statuses.at(static_cast<size_t>(status));
    counts[std::string(name)] = count;
    (name == "PENDING_REDRIVE" ? open : closed) -= count;
  }
  if (open > 0) counts["RUNNING"] = open;
  if (closed > 0) counts["SUCCEEDED"] = closed;
  return counts;
}

Result<StoreStats> SqliteStore::stats() {
  StoreStats stats;
  PD_TRY(page_bytes, number("PRAGMA page_size"));
  PD_TRY(free_pages, number("PRAGMA freelist_count"));
  stats.file_bytes = file_bytes(path_);
  stats.log_bytes = file_bytes(path_ + "-wal");
  stats.free_bytes = free_pages * page_bytes;
  PD_TRY(timers, number("SELECT count(*) FROM actors WHERE due_ms IS NOT NULL"));
  PD_TRY(open, number("SELECT count(*) FROM actors WHERE open IS NOT NULL"));
  PD_TRY(messages, number("SELECT count(*) FROM inbox"));
  stats.timers = timers;
  stats.open_actors = open;
  stats.messages = messages;
  PD_TRY(executions, count_by_status());
  stats.executions = std::move(executions);
  return stats;
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& folder, StoreOptions options) {
  std::unique_ptr<FolderLock> lock;
  if (options.vfs.empty()) {
    PD_CHECK(make_directories(folder));
    PD_TRY(taken, FolderLock::take(folder));
    lock = std::move(taken);
    std::error_code unknown;
    const auto space = std::filesystem::space(folder, unknown);
    if (!unknown) options.log_bounds = options.log_bounds.within(int64_t(space.available));
  }
  const std::string path = folder + "/perdure.db";
  PD_TRY(database, Database::open(path, {.writer = true,
                                         .sync_commits = options.sync_commits,
                                         .vfs = options.vfs,
                                         .page_bytes = options.page_bytes}));
  if (options.vfs.empty()) PD_CHECK(check_if_small(path));
  SqliteWriter writer(std::move(database), options.mutant);
  PD_CHECK(writer.create_schema());
  std::unique_ptr<Database> log_copier;
  if (options.log_copier != nullptr) {
    PD_TRY(opened, Database::open(path, {.vfs = options.vfs}));
    PD_CHECK(opened->execute("PRAGMA synchronous=FULL"));
    log_copier = std::move(opened);
  }
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(
      std::move(lock), std::move(writer), std::move(log_copier), path, std::move(options)));
}

}  // namespace perdure::engine

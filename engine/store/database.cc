#include "engine/store/database.h"

#include <sqlite3.h>

namespace perdure::engine {

Error sqlite_error(sqlite3* database, std::string_view doing) {
  const int code = sqlite3_errcode(database);
  const int full = code & 0xff;
  const bool no_space = full == SQLITE_FULL || full == SQLITE_NOMEM ||
                        (full == SQLITE_IOERR && sqlite3_system_errno(database) == ENOSPC);
  std::string text = "SQLite, " + std::string(doing) + ": " + sqlite3_errmsg(database);
  if (full == SQLITE_CORRUPT || full == SQLITE_NOTADB) {
    const char* file = sqlite3_db_filename(database, "main");
    return database_damaged(file != nullptr ? file : "", sqlite3_errmsg(database));
  }
  return Error{no_space ? ErrorKind::unavailable : ErrorKind::internal,
               no_space ? "ServiceUnavailable" : "InternalFailure", std::move(text)};
}

Error database_damaged(const std::string& file, const std::string& finding) {
  return Error{
      ErrorKind::internal, "DatabaseDamaged",
      "The database " + file + " is damaged (" + finding +
          "). Keep the folder as it is; `perdure check --data FOLDER` says what is damaged, "
          "`perdure restore --from BACKUP --data NEW_FOLDER` brings the last backup back."};
}

namespace {

// SQLite counts the bytes of each piece of memory under a lock; nobody asks for the sum. It takes
// this before its first use only.
void count_no_memory() {
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)configured;
}

int remember_log_pages(void* log_pages, sqlite3*, const char*, int pages) {
  *static_cast<int64_t*>(log_pages) = pages;
  return SQLITE_OK;
}

}  // namespace

Statement::~Statement() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(int index, int64_t number) {
  PD_ASSERT(sqlite3_bind_int64(statement_, index, number) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  const char* data = text.data() != nullptr ? text.data() : "";
  PD_ASSERT(sqlite3_bind_text(statement_, index, data, static_cast<int>(text.size()),
                              SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  const char* data = bytes.data() != nullptr ? bytes.data() : "";
  PD_ASSERT(sqlite3_bind_blob(statement_, index, data, static_cast<int>(bytes.size()),
                              SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_null(int index) {
  PD_ASSERT(sqlite3_bind_null(statement_, index) == SQLITE_OK);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(database_, sqlite3_sql(statement_));
}

Result<> Statement::run() {
  PD_TRY(row, step());
  PD_ASSERT(!row);
  return {};
}

int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_, column); }

std::optional<int64_t> Statement::optional_number(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return number(column);
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  return {static_cast<const char*>(data), data != nullptr ? size : 0};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const Options& options) {
  count_no_memory();
  sqlite3* handle = nullptr;
  const int flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (options.writer ? SQLITE_OPEN_CREATE : 0);
  const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, vfs);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return sqlite_error(handle, "open " + path);
  sqlite3_busy_timeout(handle, 10'000);
  if (!options.writer) {
    PD_CHECK(database->execute("PRAGMA query_only=1; PRAGMA cache_size=-8192;"));
    return database;
  }
  const std::string settings =
      "PRAGMA page_size=" + std::to_string(options.page_bytes) +
      "; PRAGMA journal_mode=WAL; PRAGMA cache_size=-65536;"
      "PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=0;" +
      std::string(options.sync_commits ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  PD_CHECK(database->execute(settings.c_str()));
  sqlite3_wal_hook(handle, &remember_log_pages, &database->log_pages_);
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Result<std::unique_ptr<Statement>> Database::prepare(const char* sql) {
  auto& statement = statements_[sql];
  if (statement == nullptr) {
    const int code =
        sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return sqlite_error(handle_, sql);
  }
  return std::make_unique<Statement>(handle_, statement);
}

Result<> Database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return sqlite_error(handle_, sql);
}

Result<std::optional<int64_t>> Database::copy_log() {
  int all = 0, copied = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &all, &copied);
  if (code == SQLITE_BUSY) return std::optional<int64_t>();
  if (code != SQLITE_OK) return sqlite_error(handle_, "copy the write-ahead log");
  return std::optional<int64_t>(copied);
}

int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_); }
int64_t Database::changes() const { return sqlite3_changes64(handle_); }

}  // namespace perdure::engine

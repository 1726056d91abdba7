#pragma once
// A thin owner of SQLite's handles: connections and prepared statements. A connection belongs to
// one thread at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace perdure::engine {

// A full disk is the one failure that time can mend: unavailable. A file whose content cannot be:
// internal, by the name DatabaseDamaged, with what to do about it.
Error sqlite_error(sqlite3* database, std::string_view doing);
Error database_damaged(const std::string& file, const std::string& finding);

// One use of a prepared statement: binds, steps, and resets it at the end.
class Statement {
 public:
  Statement(sqlite3* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Parameters count from 1. What is bound outlives the statement.
  Statement& bind(int index, int64_t number);
  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind_null(int index);

  Result<bool> step();  // true: there is a row
  Result<> run();       // for statements without rows

  // Columns count from 0; views are valid until the next step.
  int64_t number(int column) const;
  std::optional<int64_t> optional_number(int column) const;
  std::string_view bytes(int column) const;
  std::string text(int column) const { return std::string(bytes(column)); }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
};

class Database {
 public:
  struct Options {
    bool writer = false;
    bool sync_commits = true;  // false: only `copy_log` syncs
    std::string vfs;           // the name of SQLite's way to files; empty: the usual one
    int page_bytes = 4096;     // of a file that is created
  };
  // Opens (a writer creates) the file, in WAL mode. The log is copied by `copy_log` only.
  static Result<std::unique_ptr<Database>> open(const std::string& path, const Options& options);
  ~Database();
  Database(const Database&) = delete;

  // Prepared once, kept by the address of the text: pass literals.
  Result<std::unique_ptr<Statement>> prepare(const char* sql);
  Result<> execute(const char* sql);  // one or more statements without results
  int64_t last_id() const;
  int64_t changes() const;  // rows touched by the last statement

  // Of the write-ahead log, after this connection's last commit.
  int64_t log_pages() const { return log_pages_; }
  // Copies the log into the file as far as no reader needs it, and syncs both; commits go on
  // meanwhile. How many pages of the log are copied now; nothing if another connection copies.
  Result<std::optional<int64_t>> copy_log();

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}

  sqlite3* handle_;
  int64_t log_pages_ = 0;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace perdure::engine

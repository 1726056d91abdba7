#include "engine/store/database_copy.h"

#include <sqlite3.h>

#include <memory>

#include "base/files.h"
#include "engine/store/database.h"

namespace perdure::engine {
namespace {

struct CloseHandle {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
using Handle = std::unique_ptr<sqlite3, CloseHandle>;

Result<Handle> open_file(const std::string& path, int more_flags) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | more_flags;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Handle handle(raw);
  if (code != SQLITE_OK) return sqlite_error(raw, "open " + path);
  sqlite3_busy_timeout(raw, 10'000);
  return handle;
}

Result<> execute(sqlite3* handle, const char* sql) {
  if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return sqlite_error(handle, sql);
}

}  // namespace

// One step copies everything within one read transaction, which keeps the log from being begun anew
// and nobody from writing to it.
Result<> copy_database(const std::string& from, const std::string& to) {
  if (file_exists(to)) return Error{ErrorKind::conflict, "FileExists", to + " exists already."};
  PD_TRY(source, open_file(from, 0));
  PD_TRY(target, open_file(to, SQLITE_OPEN_CREATE));
  sqlite3_backup* backup = sqlite3_backup_init(target.get(), "main", source.get(), "main");
  if (backup == nullptr) return sqlite_error(target.get(), "copy to " + to);
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) {
    return sqlite_error(target.get(), "copy to " + to);
  }
  return execute(target.get(), "PRAGMA journal_mode=DELETE");  // one file, without a log beside it
}

Result<std::vector<std::string>> check_database(const std::string& file, Check check) {
  PD_TRY(handle, open_file(file, 0));
  std::vector<std::string> problems;
  const auto take = [](void* to, int, char** columns, char**) {
    const std::string said = columns[0] != nullptr ? columns[0] : "";
    if (said != "ok") static_cast<std::vector<std::string>*>(to)->push_back(said);
    return 0;
  };
  const char* sql = check == Check::full ? "PRAGMA integrity_check(10)" : "PRAGMA quick_check(1)";
  if (sqlite3_exec(handle.get(), sql, take, &problems, nullptr) != SQLITE_OK) {
    if (problems.empty()) return sqlite_error(handle.get(), sql);
  }
  return problems;
}

}  // namespace perdure::engine

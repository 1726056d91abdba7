#include "engine/store/vacuum.h"

#include <cerrno>
#include <cstdio>

#include "base/files.h"
#include "base/open_file.h"
#include "engine/store/database.h"
#include "engine/store/database_copy.h"
#include "engine/store/folder_lock.h"

namespace perdure::engine {
namespace {

// Afterwards there is one file, and the log beside it has gone: what it held would belong to the
// new file as little as to any other.
Result<> write_anew(const std::string& database_path, const std::string& copy_path) {
  {
    PD_TRY(database, Database::open(database_path, {.writer = true}));
    PD_CHECK(database->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    PD_TRY(copy, database->prepare("VACUUM INTO ?"));
    copy->bind(1, copy_path);
    PD_CHECK(copy->run());
  }
  if (!file_exists(database_path + "-wal")) return {};
  return Error{ErrorKind::conflict, "DatabaseInUse",
               "Another program has the database " + database_path + " open."};
}

Result<VacuumSummary> replace(const std::string& folder, const std::string& database_path,
                              const std::string& copy_path) {
  PD_TRY(before, file_size(database_path));
  PD_CHECK(write_anew(database_path, copy_path));
  PD_TRY(problems, check_database(copy_path, Check::quick));
  if (!problems.empty()) return database_damaged(database_path, problems.front());
  PD_TRY(copy, OpenFile::read_only(copy_path));
  PD_CHECK(copy.sync());
  PD_TRY(after, copy.size());
  if (std::rename(copy_path.c_str(), database_path.c_str()) != 0) {
    return system_error("rename", copy_path, errno);
  }
  PD_CHECK(sync_directory(folder));
  return VacuumSummary{before, after};
}

}  // namespace

Result<VacuumSummary> vacuum_database(const std::string& folder) {
  const std::string database_path = folder + "/perdure.db", copy_path = database_path + ".vacuum";
  if (!file_exists(database_path)) {
    return Error{ErrorKind::not_found, "", "There is no database in " + folder + "."};
  }
  PD_TRY(lock, FolderLock::take(folder));
  PD_CHECK(remove_file(copy_path));  // of one that was interrupted
  auto summary = replace(folder, database_path, copy_path);
  if (!summary) PD_CHECK(remove_file(copy_path));
  return summary;
}

}  // namespace perdure::engine

#pragma once
// Backups of a data folder: a folder with the database and the blobs as of one moment, and a list
// of what belongs to it. Logs are not part of it.
//
//   backup.json   {"version":1,"time":"...","blobs":["<hash>",...]}
//   perdure.db    one file
//   blobs/        as in a data folder

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/blobs.h"

namespace perdure::engine {

struct BackupSummary {
  int64_t database_bytes = 0;
  int64_t blobs = 0;
  int64_t blob_bytes = 0;
};

// Everything acknowledged before the call is in the backup. The server may run meanwhile, with
// `blobs` the ones it uses. `to` must be absent or empty. Blocks until all is on stable storage.
Result<BackupSummary> write_backup(const std::string& data_folder, Blobs& blobs,
                                   const std::string& to, const Clock& clock);

// Checks every byte of the backup before anything is written. `data_folder` must be absent or
// empty.
Result<BackupSummary> restore_backup(const std::string& from, const std::string& data_folder);

// What is damaged in a data folder, a line each: pages and indexes of the database, or where those
// are sound rows of journals, and blobs that are not what their names say. Reads everything; a
// server may be running on it.
Result<std::vector<std::string>> check_data(const std::string& data_folder);

}  // namespace perdure::engine

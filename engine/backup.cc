#include "engine/backup.h"

#include <set>

#include "base/checksum.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "engine/store/database_copy.h"
#include "engine/store/row_checksum.h"

namespace perdure::engine {
namespace {

constexpr int backup_version = 1;

Result<> make_empty_folder(const std::string& folder, unsigned mode) {
  PD_CHECK(make_directories(folder, mode));
  PD_TRY(names, list_directory(folder));
  if (names.empty()) return {};
  return Error{ErrorKind::conflict, "FolderNotEmpty", "The folder " + folder + " is not empty."};
}

Error damaged_backup(const std::string& what) {
  return Error{ErrorKind::internal, "BackupDamaged", "The backup is damaged: " + what};
}

// Reads a blob piece by piece, and says at the end whether it is what its name says. Its size.
template <class Take>
Result<int64_t> checked_blob(Blobs& blobs, const BlobHash& hash, Take&& take) {
  constexpr int64_t piece_bytes = 1 << 20;
  PD_TRY(reader, blobs.open(hash));
  const auto sha256 = make_checksum("SHA256");
  for (int64_t at = 0; at < reader->size(); at += piece_bytes) {
    PD_TRY(piece, reader->read(at, piece_bytes));
    sha256->update(piece);
    PD_CHECK(take(piece));
  }
  if (hex(sha256->finish()) == hash) return reader->size();
  return Error{ErrorKind::internal, "BlobDamaged", "The blob " + hash + " is damaged."};
}

Result<int64_t> checked_blob(Blobs& blobs, const BlobHash& hash) {
  return checked_blob(blobs, hash, [](std::string_view) { return Result<>(); });
}

Result<int64_t> copy_blob(Blobs& from, Blobs& to, const BlobHash& hash) {
  const auto writer = to.writer();
  PD_TRY(size,
         checked_blob(from, hash, [&](std::string_view piece) { return writer->write(piece); }));
  PD_CHECK(writer->finish());
  return size;
}

// Copies those that `done` does not have yet.
Result<> copy_blobs(Blobs& from, Blobs& to, std::set<BlobHash>& done, BackupSummary& summary) {
  PD_TRY(hashes, from.list());
  for (const BlobHash& hash : hashes) {
    if (done.contains(hash)) continue;
    auto size = copy_blob(from, to, hash);
    if (!size && size.error().kind == ErrorKind::not_found) continue;  // collected meanwhile
    if (!size) return size.error();
    done.insert(hash);
    ++summary.blobs;
    summary.blob_bytes += *size;
  }
  return {};
}

struct Manifest {
  std::vector<BlobHash> blobs;
};

Result<Manifest> read_manifest(const std::string& folder) {
  auto text = read_file(folder + "/backup.json");
  if (!text) {
    return Error{ErrorKind::not_found, "NoBackup",
                 "There is no finished backup in " + folder + "."};
  }
  const auto json = parse_json(*text);
  if (!json || !json->is_object()) return damaged_backup("backup.json cannot be read.");
  if (json->value("version", 0) != backup_version) {
    return Error{ErrorKind::unsupported, "UnknownBackup",
                 "A later version of Perdure wrote the backup."};
  }
  Manifest manifest;
  for (const Json& hash : (*json)["blobs"]) manifest.blobs.push_back(hash.get<std::string>());
  return manifest;
}

Result<> check_backup(const std::string& from, const Manifest& manifest, Blobs& blobs) {
  PD_TRY(problems, check_database(from + "/perdure.db", Check::full));
  if (!problems.empty()) return damaged_backup(problems.front());
  for (const BlobHash& hash : manifest.blobs) {
    const auto content = checked_blob(blobs, hash);
    if (!content && content.error().kind == ErrorKind::not_found) {
      return damaged_backup("the blob " + hash + " is missing.");
    }
    if (!content) return content.error();
  }
  return {};
}

}  // namespace

// A blob is older than the row that names it. Copied before the database, none that the copy names
// can be collected meanwhile; copied again after it, none is missing.
Result<BackupSummary> write_backup(const std::string& data_folder, Blobs& blobs,
                                   const std::string& to, const Clock& clock) {
  PD_CHECK(make_empty_folder(to, 0700));
  PD_TRY(copies, open_blobs(to + "/blobs"));
  BackupSummary summary;
  std::set<BlobHash> done;
  PD_CHECK(copy_blobs(blobs, *copies, done, summary));
  const std::string database = to + "/perdure.db";
  PD_CHECK(copy_database(data_folder + "/perdure.db", database));
  PD_CHECK(copy_blobs(blobs, *copies, done, summary));
  PD_TRY(problems, check_database(database, Check::full));
  if (!problems.empty()) return damaged_backup(problems.front());
  PD_TRY(size, file_size(database));
  summary.database_bytes = size;
  const Json manifest = {
      {"version", backup_version}, {"time", iso8601_ms(clock.now_ms())}, {"blobs", done}};
  // Last: a folder without it is no backup.
  PD_CHECK(write_file_atomically(to + "/backup.json", dump_json(manifest)));
  return summary;
}

Result<std::vector<std::string>> check_data(const std::string& data_folder) {
  const std::string database = data_folder + "/perdure.db";
  if (!file_exists(database)) {
    return Error{ErrorKind::not_found, "", "There is no database in " + data_folder + "."};
  }
  PD_TRY(problems, check_database(database, Check::full));
  if (problems.empty()) {
    PD_TRY(rows, check_rows(database));
    problems = std::move(rows);
  }
  for (std::string& problem : problems) problem = database + ": " + problem;
  PD_TRY(blobs, open_blobs(data_folder + "/blobs"));
  PD_TRY(hashes, blobs->list());
  for (const BlobHash& hash : hashes) {
    const auto content = checked_blob(*blobs, hash);
    if (!content) problems.push_back(content.error().cause);
  }
  return problems;
}

Result<BackupSummary> restore_backup(const std::string& from, const std::string& data_folder) {
  PD_TRY(manifest, read_manifest(from));
  PD_TRY(blobs, open_blobs(from + "/blobs"));
  PD_CHECK(check_backup(from, manifest, *blobs));
  PD_CHECK(make_empty_folder(data_folder, 0755));
  PD_TRY(copies, open_blobs(data_folder + "/blobs"));
  BackupSummary summary;
  std::set<BlobHash> done;
  PD_CHECK(copy_blobs(*blobs, *copies, done, summary));
  // Last: a folder without a database is an empty one.
  const std::string database = data_folder + "/perdure.db";
  PD_CHECK(copy_database(from + "/perdure.db", database));
  PD_CHECK(sync_directory(data_folder));
  PD_TRY(size, file_size(database));
  summary.database_bytes = size;
  return summary;
}

}  // namespace perdure::engine

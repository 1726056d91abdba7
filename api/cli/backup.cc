// backup, restore, check, vacuum: a data folder's copies, its health and its size.

#include "engine/backup.h"

#include <filesystem>

#include "api/cli/client.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "base/files.h"
#include "engine/store/sqlite.h"
#include "engine/store/vacuum.h"

namespace perdure::api::cli {
namespace {

std::string mib(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", double(bytes) / (1 << 20));
  return text;
}

int report(const char* what, const std::string& where, const engine::BackupSummary& summary,
           bool json) {
  if (json) {
    write_out(dump_json({{"folder", where},
                         {"databaseBytes", summary.database_bytes},
                         {"blobs", summary.blobs},
                         {"blobBytes", summary.blob_bytes}}) +
              "\n");
    return ok;
  }
  write_out(std::string(what) + printable(where) + ": database " + mib(summary.database_bytes) +
            ", " + std::to_string(summary.blobs) + " blobs " + mib(summary.blob_bytes) + "\n");
  return ok;
}

Result<engine::BackupSummary> backup_of_running(const BackupOptions& options,
                                                const std::string& to) {
  PD_TRY(client, Client::open(endpoint_url(options.common.endpoint)));
  PD_TRY(response, client.rest("states", "POST", "/admin/backup", dump_json({{"to", to}}),
                               {{"Content-Type", "application/json"}}));
  PD_TRY(answer, parse_json(response.body));
  return engine::BackupSummary{answer.value("databaseBytes", int64_t{0}),
                               answer.value("blobs", int64_t{0}),
                               answer.value("blobBytes", int64_t{0})};
}

// The store is opened for its lock: a running server's folder is refused.
Result<engine::BackupSummary> backup_of_stopped(const std::string& data, const std::string& to) {
  if (!file_exists(data + "/perdure.db")) {
    return Error{ErrorKind::not_found, "", "there is no database in " + data};
  }
  PD_TRY(store, engine::open_sqlite_store(data));
  PD_TRY(blobs, engine::open_blobs(data + "/blobs"));
  return engine::write_backup(data, *blobs, to, SystemClock());
}

}  // namespace

int backup(const BackupOptions& options) {
  const std::string to = std::filesystem::absolute(options.to).lexically_normal().string();
  const auto written =
      options.data.empty() ? backup_of_running(options, to) : backup_of_stopped(options.data, to);
  if (!written) return complain(written.error());
  return report("backup in ", to, *written, options.common.json);
}

int restore(const RestoreOptions& options) {
  const auto restored = engine::restore_backup(options.from, options.data);
  if (!restored) return complain(restored.error());
  return report("restored into ", options.data, *restored, options.json);
}

int check(const CheckOptions& options) {
  const auto problems = engine::check_data(options.data);
  if (!problems) return complain(problems.error());
  if (options.json) {
    write_out(dump_json({{"folder", options.data}, {"problems", *problems}}) + "\n");
    return problems->empty() ? ok : damaged;
  }
  for (const std::string& problem : *problems) write_out(printable(problem) + "\n");
  if (problems->empty()) write_out(printable(options.data) + ": nothing is damaged\n");
  return problems->empty() ? ok : damaged;
}

int vacuum(const VacuumOptions& options) {
  const auto summary = engine::vacuum_database(options.data);
  if (!summary) return complain(summary.error());
  write_out(printable(options.data) + ": database " + mib(summary->bytes_before) + " before, " +
            mib(summary->bytes_after) + " now\n");
  return ok;
}

}  // namespace perdure::api::cli

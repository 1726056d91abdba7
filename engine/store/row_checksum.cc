#include "engine/store/row_checksum.h"

#include "base/checksum.h"
#include "base/hash.h"
#include "engine/store/database.h"
#include "engine/store/sqlite_record.h"
#include "engine/store/sqlite_schema.h"

namespace perdure::engine {
namespace {

constexpr size_t most_lines = 10;
constexpr int first_version_with_checksums = 6;

Result<bool> has_checksums(Database& database) {
  PD_TRY(statement, database.prepare("PRAGMA user_version"));
  PD_CHECK(statement->step());
  return statement->number(0) >= first_version_with_checksums;
}

// What a person calls the actor: its ARN, where it has a record.
std::string called(const Statement& row) {
  if (const std::string_view arn = row.bytes(4); !arn.empty()) return std::string(arn);
  if (const std::string_view machine = row.bytes(5); !machine.empty()) {
    return usual_execution_arn(machine, row.bytes(6));
  }
  return "actor " + hex(row.bytes(0));
}

}  // namespace

int64_t row_checksum(const ActorKey& actor, const JournalRow& row) {
  char sequence[8];
  for (size_t i = 0; i < sizeof sequence; ++i)
    sequence[i] = static_cast<char>(row.sequence >> 8 * i);
  uint32_t crc = crc32c(0, key_bytes(actor));
  crc = crc32c(crc, {sequence, sizeof sequence});
  return static_cast<int32_t>(crc32c(crc, row.data));
}

Error damaged_row(int64_t sequence) {
  return Error{
      ErrorKind::internal, "JournalDamaged",
      "Row " + std::to_string(sequence) +
          " of its journal is damaged: the checksum is another. Keep the data folder as it "
          "is; `perdure check --data FOLDER` names every damaged row, `perdure restore "
          "--from BACKUP --data NEW_FOLDER` brings the last backup back."};
}

Result<std::vector<std::string>> check_rows(const std::string& file) {
  PD_TRY(database, Database::open(file, {}));
  std::vector<std::string> problems;
  PD_TRY(checked, has_checksums(*database));
  if (!checked) return problems;
  PD_TRY(rows, database->prepare(
                   "SELECT a.key,1,a.first,a.first_checksum,a.arn,m.arn,a.name"
                   " FROM actors a LEFT JOIN machines m ON m.id=a.machine"
                   " WHERE a.first_checksum IS NOT NULL UNION ALL"
                   " SELECT a.key,j.sequence,j.data,j.checksum,a.arn,m.arn,a.name FROM journal j"
                   " JOIN actors a ON a.id=j.actor LEFT JOIN machines m ON m.id=a.machine"
                   " WHERE j.checksum IS NOT NULL"));
  while (problems.size() < most_lines) {
    PD_TRY(more, rows->step());
    if (!more) break;
    const JournalRow row{rows->number(1), rows->text(2)};
    if (row_checksum(key_from(rows->bytes(0)), row) == rows->number(3)) continue;
    problems.push_back("row " + std::to_string(row.sequence) + " of the journal of " +
                       called(*rows) + " is damaged");
  }
  return problems;
}

}  // namespace perdure::engine

#pragma once
// Gives the space that forgotten executions have left back to the disk.

#include <cstdint>
#include <string>

#include "base/result.h"

namespace perdure::engine {

struct VacuumSummary {
  int64_t bytes_before = 0;
  int64_t bytes_after = 0;
};

// Writes the database of a folder that no server uses anew, without its free pages; needs as much
// space as the new file has. Until the new file is whole and on stable storage the old one stays
// as it is, whatever happens. Errors: conflict if the folder is in use; unavailable if the disk is
// full; not_found without a database.
Result<VacuumSummary> vacuum_database(const std::string& folder);

}  // namespace perdure::engine

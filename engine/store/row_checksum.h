#pragma once
// A checksum for each row of a journal: damage inside a page, which SQLite takes as it is, is found
// when the row is read. It covers the actor's key and the row's number, so that a whole row in
// another's place is found too. Rows that were written before there were checksums have none.

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/store/store.h"

namespace perdure::engine {

// CRC32C of the key, the sequence (eight bytes, the lowest first) and the data, as a signed number
// of 32 bits: that is how the database keeps it shortest.
int64_t row_checksum(const ActorKey& actor, const JournalRow& row);

// Internal, by the name JournalDamaged; the cause says what to do.
Error damaged_row(int64_t sequence);

// The damaged rows of a database file, a line each, at most a few; empty: none. Reads every row;
// the file may be in use. One that an earlier version wrote has no checksums.
Result<std::vector<std::string>> check_rows(const std::string& file);

}  // namespace perdure::engine

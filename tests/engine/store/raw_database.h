#pragma once
// A store's file as SQLite sees it, for what the store itself would never do.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "tests/engine/store/support.h"

namespace perdure::engine {

// How many rows the last statement has changed. Nobody else has the file open.
inline int execute(const StoreFolder& folder, const std::string& sql) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open((folder.path() + "/perdure.db").c_str(), &database), SQLITE_OK);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
  sqlite3_free(error);
  const int changed = sqlite3_changes(database);
  sqlite3_close(database);
  return changed;
}

}  // namespace perdure::engine

#pragma once
// Connections for reading, handed from thread to thread.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/store/database.h"

namespace perdure::engine {

class ReadPool {
 public:
  // `vfs`: see StoreOptions.
  ReadPool(std::string path, std::string vfs) : path_(std::move(path)), vfs_(std::move(vfs)) {}

  // All rows of a query. `bind` gets the statement before the first step, `read` for each row.
  template <class Row, class Bind, class Read>
  Result<std::vector<Row>> collect(const char* sql, Bind&& bind, Read&& read) {
    PD_TRY(database, take());
    std::vector<Row> rows;
    {
      PD_TRY(statement, database->prepare(sql));
      bind(*statement);
      for (;;) {
        PD_TRY(row, statement->step());
        if (!row) break;
        rows.push_back(read(*statement));
      }
    }
    give_back(std::move(database));
    return rows;
  }

  // The first one, if there is any.
  template <class Row, class Bind, class Read>
  Result<std::optional<Row>> first(const char* sql, Bind&& bind, Read&& read) {
    PD_TRY(rows, collect<Row>(sql, std::forward<Bind>(bind), std::forward<Read>(read)));
    if (rows.empty()) return std::optional<Row>();
    return std::optional<Row>(std::move(rows.front()));
  }

 private:
  static constexpr size_t max_idle = 4;

  Result<std::unique_ptr<Database>> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto database = std::move(idle_.back());
        idle_.pop_back();
        return database;
      }
    }
    return Database::open(path_, {.vfs = vfs_});
  }
  void give_back(std::unique_ptr<Database> database) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < max_idle) idle_.push_back(std::move(database));
  }

  const std::string path_;
  const std::string vfs_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Database>> idle_;
};

}  // namespace perdure::engine

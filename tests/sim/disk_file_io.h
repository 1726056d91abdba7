#pragma once
// One connection's hold of one file: SQLite's methods of files, its locks and its WAL index.

#include <sqlite3.h>

#include <memory>
#include <string>

#include "tests/sim/disk_vfs.h"

namespace perdure::sim {

// Made by SQLite's open in memory of SQLite's, ended by its close. Returns SQLite's codes.
class OpenFile : public sqlite3_file {
 public:
  OpenFile(DiskVfs& disk, std::shared_ptr<DiskFile> file, std::string delete_at_close);
  ~OpenFile();

  int read(char* to, uint64_t offset, size_t bytes);
  int write(uint64_t offset, std::string_view bytes);
  int resize(uint64_t size);
  int sync();
  uint64_t size() const { return file_->content().size(); }

  int lock(int level);
  int unlock(int level);
  bool reserved() const { return sharing_->reserved != nullptr; }

  int map_region(int region, int bytes, bool extend, volatile void** memory);
  int lock_memory(int first, int count, int flags);
  void unmap();

 private:
  bool locked_by_others(int slot, bool exclusive) const;
  void release_slot(int slot);

  DiskVfs& disk_;
  std::shared_ptr<DiskFile> file_;
  std::shared_ptr<Sharing> sharing_;
  const std::string delete_at_close_;
  int level_ = SQLITE_LOCK_NONE;
  bool maps_ = false;
  bool holds_shared_[8] = {};
};

}  // namespace perdure::sim

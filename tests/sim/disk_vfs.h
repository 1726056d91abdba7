#pragma once
// SQLite's face of a simulated disk: a VFS with locks and shared memory for the connections of one
// process. SQLite must not be using it any more when it ends.

#include <map>
#include <memory>
#include <string>

#include "tests/sim/disk_state.h"

struct sqlite3_vfs;

namespace perdure::sim {

class OpenFile;

// What the connections to one file share beside its content.
struct Sharing {
  int readers = 0;
  const OpenFile* reserved = nullptr;
  const OpenFile* pending = nullptr;
  const OpenFile* exclusive = nullptr;
  // The WAL index: memory and eight locks.
  std::vector<std::unique_ptr<char[]>> regions;
  int memory_users = 0;
  int shared_locks[8] = {};
  const OpenFile* exclusive_locks[8] = {};
};

class DiskVfs {
 public:
  DiskVfs(DiskState& state, uint64_t seed);
  ~DiskVfs();
  DiskVfs(const DiskVfs&) = delete;

  const std::string& name() const { return name_; }
  DiskState& state() { return state_; }
  Random& random() { return random_; }
  std::shared_ptr<Sharing> sharing_of(const std::shared_ptr<DiskFile>& file);

 private:
  DiskState& state_;
  SeededRandom random_;
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  std::map<const DiskFile*, std::weak_ptr<Sharing>> sharing_;
};

}  // namespace perdure::sim

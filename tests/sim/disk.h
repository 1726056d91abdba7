#pragma once
// A disk in memory that SQLite runs on (a VFS of its own), and that can lose power. Writes are kept
// in the order in which they were made; what was not synced when the power goes may be kept, lost
// or torn at sectors of 512 bytes, in any order, as the seed says. Creating and deleting files
// survives as on ext4: in order, and no later than the next sync of any file.
//
// One thread. A disk outlives the connections that were opened on it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace perdure::sim {

// The files as they are on the platters; cheap to copy until one of the copies is written to.
class DiskImage;

struct DiskLies {
  bool sync_does_nothing = false;  // a planted mutant: fsync returns at once
};

class Disk {
 public:
  explicit Disk(uint64_t seed, DiskLies lies = {});
  Disk(std::shared_ptr<const DiskImage> image, uint64_t seed, DiskLies lies = {});
  ~Disk();
  Disk(const Disk&) = delete;

  // What sqlite3_open_v2 is told; registered while the disk lives.
  const std::string& vfs_name() const;

  // I/O operations (write, truncate, sync, delete) so far, counted from 0; the n-th and all later
  // ones fail once `fail_from(n)` is set: the machine is dead, its processes only do not know yet.
  // The n-th is under way when the power goes: a part of it may be on the platters.
  uint64_t operations() const;
  void fail_from(uint64_t operation);
  bool failed() const;
  // Is told the number of each operation while that is under way: a write may be on the platters, a
  // sync has not done anything yet. What after_power_loss() gives meanwhile is the same as after
  // fail_from(n), so that one run shows what every moment of it would have left.
  void on_operation(std::function<void(uint64_t operation)> watcher);

  // Writes that make the files together larger than this fail with SQLITE_FULL; 0: no limit.
  void set_capacity(uint64_t bytes);
  uint64_t used_bytes() const;

  // What the next start finds after power loss: each unsynced write kept, lost or torn by the seed.
  // Every call draws anew.
  std::shared_ptr<const DiskImage> after_power_loss();
  // What it finds after a crash of the process alone: every write that was made.
  std::shared_ptr<const DiskImage> after_process_crash();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace perdure::sim

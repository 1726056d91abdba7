#pragma once
// The files of a simulated disk: what a process reads, what is on the platters, and the changes
// that are on their way from one to the other.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "tests/sim/disk.h"
#include "tests/sim/pages.h"

namespace perdure::sim {

class DiskImage {
 public:
  std::map<std::string, Pages> files;
};

// How an unsynced write fares when the power goes.
class Fate {
 public:
  explicit Fate(Random& random);
  enum class Write { kept, lost, torn };
  Write of_write();
  bool keeps_sector();
  // How many of the changes of sizes (or of the folder) have reached the journal of the file
  // system.
  size_t reached(size_t changes);

 private:
  bool one_in(uint64_t parts, uint64_t of);

  Random& random_;
  uint64_t kept_of_8_, torn_of_8_, sizes_;
};

// One file. Connections share it, under its name or after that is gone.
class DiskFile {
 public:
  DiskFile() = default;
  explicit DiskFile(const Pages& content) : current_(content), synced_(content) {}

  const Pages& content() const { return current_; }
  void write(uint64_t offset, std::string_view bytes);
  void resize(uint64_t size);
  void sync();
  Pages after_power_loss(Fate& fate) const;

 private:
  struct Change {
    bool is_write;
    uint64_t offset;             // of a write; the new size of a change of size
    size_t begin = 0, size = 0;  // of what is written, in `unsynced_bytes_`
  };
  std::string_view bytes_of(const Change& change) const {
    return std::string_view(unsynced_bytes_).substr(change.begin, change.size);
  }

  Pages current_, synced_;
  std::vector<Change> unsynced_;
  std::string unsynced_bytes_;
};

class DiskState {
 public:
  DiskState(const DiskImage* image, uint64_t seed, DiskLies lies);

  std::shared_ptr<DiskFile> find(const std::string& name) const;  // null: there is none
  std::shared_ptr<DiskFile> create(const std::string& name);

  bool dead() const { return operations_ > fail_from_; }
  bool has_space(const DiskFile& file, uint64_t new_size) const;

  // The operations. False: the machine is dead, or dies during this one, which is then on its way.
  bool write(DiskFile& file, uint64_t offset, std::string_view bytes);
  bool resize(DiskFile& file, uint64_t size);
  bool sync(DiskFile& file);
  bool remove(const std::string& name, bool sync_folder);

  std::shared_ptr<const DiskImage> after_power_loss();
  std::shared_ptr<const DiskImage> after_process_crash() const;

  uint64_t operations() const { return operations_; }
  void fail_from(uint64_t operation) { fail_from_ = operation; }
  void on_operation(std::function<void(uint64_t)> watcher) { watcher_ = std::move(watcher); }
  void set_capacity(uint64_t bytes) { capacity_bytes_ = bytes; }
  uint64_t used_bytes() const { return used_bytes_; }

 private:
  using Folder = std::map<std::string, std::shared_ptr<DiskFile>>;
  struct FolderChange {
    std::string name;
    std::shared_ptr<DiskFile> file;  // null: removed
  };
  static void apply(const FolderChange& change, Folder& folder);
  void change_folder(FolderChange change);
  void sync_folder();
  bool under_way();

  Folder current_, synced_;
  std::vector<FolderChange> unsynced_;
  SeededRandom random_;
  const DiskLies lies_;
  uint64_t operations_ = 0;
  uint64_t fail_from_ = UINT64_MAX;
  uint64_t capacity_bytes_ = 0;
  uint64_t used_bytes_ = 0;
  std::function<void(uint64_t)> watcher_;
};

}  // namespace perdure::sim

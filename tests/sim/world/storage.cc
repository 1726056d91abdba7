#include "tests/sim/world/storage.h"

#include <sqlite3.h>

#include "engine/store/sqlite.h"
#include "tests/sim/disk.h"
#include "tests/sim/world/chance.h"
#include "tests/sim/world/mutants.h"

namespace perdure::sim {
namespace {

constexpr char folder[] = "data";
// Small ones: what is written, and checked, is a quarter, and trees are deeper.
constexpr int page_bytes = 1024;

// SQLite takes this before its first use only. One thread needs no locks, and nobody asks how much
// memory there is. A shared page cache would spare a reading of the schema for each start, but
// shares what a connection says of its syncs too: commits that are not synced are no longer found.
void set_up_sqlite() {
  PD_ASSERT(sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK);
  PD_ASSERT(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
}

// Every world begins with it; making it anew would take as long as a whole run.
std::shared_ptr<const DiskImage> empty_store() {
  static const std::shared_ptr<const DiskImage> image = [] {
    set_up_sqlite();
    Disk disk(1);
    const auto store =
        engine::open_sqlite_store(folder, {.vfs = disk.vfs_name(), .page_bytes = page_bytes});
    PD_ASSERT(store.has_value());
    return disk.after_process_crash();
  }();
  return image;
}

class DiskStorage final : public Storage {
 public:
  DiskStorage(uint64_t seed, const Bug& bug) : bug_(bug), chance_(seed), image_(empty_store()) {
    sqlite3_randomness(0, nullptr);  // it is seeded by the next disk
  }
  ~DiskStorage() override { close(); }

  Result<engine::Store*> open() override {
    if (!disk_) {
      disk_ = std::make_unique<Disk>(image_, chance_.next(), DiskLies{bug_.disk_lies});
    }
    engine::StoreOptions options;
    options.vfs = disk_->vfs_name();
    options.sync_commits = !bug_.unsynced;
    options.page_bytes = page_bytes;
    options.log_bounds.copy_pages = chance_.percent(50) ? 8 : 64;  // often: a moment to die at
    options.mutant = bug_.engine;
    PD_TRY(store, engine::open_sqlite_store(folder, options));
    store_ = std::move(store);
    return store_.get();
  }

  // What the next start finds is taken before SQLite tidies up.
  void crashed(bool power) override {
    image_ = power ? disk_->after_power_loss() : disk_->after_process_crash();
    close();
  }

  uint64_t operations() const override { return disk_->operations(); }
  void fail_from(uint64_t operation) override {
    if (disk_) disk_->fail_from(operation);
  }
  bool dead() const override { return disk_ && disk_->failed(); }

 private:
  // A process that is gone does not copy its log: on a dead disk SQLite cannot either.
  void close() {
    if (disk_) disk_->fail_from(0);
    store_.reset();
    disk_.reset();
  }

  const Bug& bug_;
  Chance chance_;
  std::shared_ptr<const DiskImage> image_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<engine::Store> store_;
};

}  // namespace

std::unique_ptr<Storage> disk_storage(uint64_t seed, const Bug& bug) {
  return std::make_unique<DiskStorage>(seed, bug);
}

}  // namespace perdure::sim

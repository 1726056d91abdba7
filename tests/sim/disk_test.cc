#include "tests/sim/disk.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <set>

#include "engine/store/sqlite.h"

namespace perdure::sim {
namespace {

// A file of the disk, as SQLite would use it.
class RawFile {
 public:
  RawFile(const Disk& disk, const char* name) : vfs_(sqlite3_vfs_find(disk.vfs_name().c_str())) {
    memory_.resize(size_t(vfs_->szOsFile));
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB;
    EXPECT_EQ(vfs_->xOpen(vfs_, name, file(), flags, nullptr), SQLITE_OK);
  }
  ~RawFile() { file()->pMethods->xClose(file()); }

  int write(int64_t offset, const std::string& bytes) {
    return file()->pMethods->xWrite(file(), bytes.data(), int(bytes.size()), offset);
  }
  int sync() { return file()->pMethods->xSync(file(), SQLITE_SYNC_NORMAL); }
  int resize(int64_t size) { return file()->pMethods->xTruncate(file(), size); }
  std::string text() {
    sqlite3_int64 size = 0;
    file()->pMethods->xFileSize(file(), &size);
    std::string bytes(size_t(size), '\0');
    EXPECT_EQ(file()->pMethods->xRead(file(), bytes.data(), int(size), 0), SQLITE_OK);
    return bytes;
  }
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }

 private:
  sqlite3_vfs* vfs_;
  std::vector<char> memory_;
};

std::string found_after(std::shared_ptr<const DiskImage> image) {
  Disk next(std::move(image), 1);
  return RawFile(next, "f").text();
}

const std::string sector_a(512, 'a'), sector_b(512, 'b'), sector_c(512, 'c');

TEST(Disk, what_was_synced_stays) {
  Disk disk(3);
  RawFile file(disk, "f");
  file.write(0, "first");
  file.sync();
  file.write(5, " second");
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(found_after(disk.after_power_loss()).substr(0, 5), "first");
  }
  EXPECT_EQ(found_after(disk.after_process_crash()), "first second");
  EXPECT_EQ(disk.operations(), 3u);
}

// Each sector is what it was after one of the writes, and the later write may be there without the
// earlier one.
TEST(Disk, unsynced_writes_are_kept_lost_torn_and_reordered) {
  Disk disk(3);
  RawFile file(disk, "f");
  file.write(0, sector_a + sector_a);
  file.sync();
  file.write(0, sector_b + sector_b);
  file.write(512, sector_c);
  std::set<std::string> found;
  for (int i = 0; i < 400; ++i) found.insert(found_after(disk.after_power_loss()));
  const std::set<std::string> possible = {sector_a + sector_a, sector_a + sector_b,
                                          sector_a + sector_c, sector_b + sector_a,
                                          sector_b + sector_b, sector_b + sector_c};
  EXPECT_EQ(found, possible);
}

TEST(Disk, a_size_changes_in_order_and_holes_are_zeros) {
  Disk disk(9);
  RawFile file(disk, "f");
  file.write(0, sector_a);
  file.sync();
  file.write(512, sector_b);
  file.resize(100);
  std::set<std::string> found;
  for (int i = 0; i < 400; ++i) found.insert(found_after(disk.after_power_loss()));
  const std::set<std::string> possible = {
      sector_a, sector_a + sector_b, sector_a + std::string(512, '\0'), sector_a.substr(0, 100)};
  EXPECT_EQ(found, possible);
}

TEST(Disk, a_folder_changes_in_order_and_with_any_sync) {
  Disk disk(4);
  sqlite3_vfs* vfs = sqlite3_vfs_find(disk.vfs_name().c_str());
  {
    RawFile file(disk, "f");
    file.write(0, "text");
    file.sync();
  }
  EXPECT_EQ(vfs->xDelete(vfs, "f", 0), SQLITE_OK);
  const auto exists = [&](std::shared_ptr<const DiskImage> image) {
    Disk next(std::move(image), 1);
    sqlite3_vfs* other = sqlite3_vfs_find(next.vfs_name().c_str());
    int result = 0;
    other->xAccess(other, "f", SQLITE_ACCESS_EXISTS, &result);
    return result != 0;
  };
  std::set<bool> found;
  for (int i = 0; i < 100; ++i) found.insert(exists(disk.after_power_loss()));
  EXPECT_EQ(found.size(), 2u);
  RawFile other(disk, "g");
  other.sync();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(exists(disk.after_power_loss()));
}

TEST(Disk, a_dead_machine_does_nothing_and_its_last_operation_is_on_the_way) {
  Disk disk(5);
  RawFile file(disk, "f");
  file.write(0, sector_a);
  file.sync();
  disk.fail_from(disk.operations());
  EXPECT_FALSE(disk.failed());
  EXPECT_EQ(file.write(0, sector_b), SQLITE_IOERR_WRITE);
  EXPECT_TRUE(disk.failed());
  EXPECT_EQ(file.write(0, sector_c), SQLITE_IOERR_WRITE);
  EXPECT_EQ(file.sync(), SQLITE_IOERR_FSYNC);
  std::set<std::string> found;
  for (int i = 0; i < 100; ++i) found.insert(found_after(disk.after_power_loss()));
  EXPECT_EQ(found, (std::set<std::string>{sector_a, sector_b}));
}

TEST(Disk, a_lying_sync_does_nothing) {
  Disk disk(6, DiskLies{.sync_does_nothing = true});
  RawFile file(disk, "f");
  file.write(0, sector_a);
  EXPECT_EQ(file.sync(), SQLITE_OK);
  std::set<std::string> found;
  for (int i = 0; i < 100; ++i) found.insert(found_after(disk.after_power_loss()));
  EXPECT_TRUE(found.contains(""));
}

TEST(Disk, a_full_disk_takes_no_more) {
  Disk disk(7);
  RawFile file(disk, "f");
  disk.set_capacity(1'000);
  EXPECT_EQ(file.write(0, sector_a), SQLITE_OK);
  EXPECT_EQ(file.write(512, sector_b), SQLITE_FULL);
  EXPECT_EQ(file.write(0, sector_b), SQLITE_OK);
  EXPECT_EQ(disk.used_bytes(), 512u);
  disk.set_capacity(0);
  EXPECT_EQ(file.write(512, sector_b), SQLITE_OK);
}

TEST(Disk, images_do_not_disturb_each_other) {
  Disk first(8);
  RawFile file(first, "f");
  file.write(0, sector_a);
  const auto image = first.after_process_crash();
  file.write(0, sector_b);
  Disk second(image, 8);
  RawFile(second, "f").write(0, sector_c);
  EXPECT_EQ(found_after(image), sector_a);
  EXPECT_EQ(file.text(), sector_b);
}

// A writer and readers of one process share the WAL index.
TEST(Disk, a_store_runs_on_it) {
  Disk disk(10);
  {
    auto store = engine::open_sqlite_store("", {.vfs = disk.vfs_name()});
    ASSERT_TRUE(store) << store.error().cause;
    const auto epoch = (*store)->acquire_leases();
    ASSERT_TRUE(epoch);
    for (int i = 1; i <= 20; ++i) {
      engine::Batch batch;
      batch.documents.push_back({{"kind", {}, "name" + std::to_string(i), "{}", 0}, false, {}});
      ASSERT_TRUE((*store)->commit(*epoch, batch));
      const auto documents = (*store)->documents("kind");
      ASSERT_TRUE(documents) << documents.error().cause;
      ASSERT_EQ(documents->size(), size_t(i));
    }
    disk.set_capacity(disk.used_bytes());
    engine::Batch batch;
    batch.documents.push_back({{"kind", {}, "one more", std::string(100'000, 'x'), 0}, false, {}});
    const auto refused = (*store)->commit(*epoch, batch);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
    disk.set_capacity(0);
    EXPECT_TRUE((*store)->commit(*epoch, batch));
  }
  Disk next(disk.after_power_loss(), 11);
  auto store = engine::open_sqlite_store("", {.vfs = next.vfs_name()});
  ASSERT_TRUE(store) << store.error().cause;
  EXPECT_EQ((*store)->documents("kind")->size(), 21u);
}

}  // namespace
}  // namespace perdure::sim

#include "engine/store/vacuum.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/engine/store/raw_database.h"
#include "tests/engine/store/support.h"

namespace perdure::engine {
namespace {

constexpr int actors = 200;

// Executions of which all but the last were over long ago.
class Vacuum : public testing::Test {
 protected:
  Vacuum() {
    const auto store = opened(folder_);
    const int64_t epoch = *store->acquire_leases();
    Batch batch;
    for (int number = 1; number <= actors; ++number) {
      Append& created = batch.appends.emplace_back();
      created.actor = key_of(static_cast<uint8_t>(number));
      created.create = true;
      created.record = record_of(created.actor, "m", "e" + std::to_string(number), 5);
      if (number < actors) created.record->status = "SUCCEEDED";
      if (number < actors) created.record->stop_ms = 6;
      created.row = JournalRow{1, std::string(20'000, 'x')};
    }
    EXPECT_TRUE(store->commit(epoch, batch));
    EXPECT_EQ(*store->expire(epoch, 10, actors), actors - 1);
  }
  int64_t size() const {
    return static_cast<int64_t>(std::filesystem::file_size(folder_.path() + "/perdure.db"));
  }
  void expect_content() {
    const auto store = opened(folder_);
    EXPECT_EQ(store->stats()->executions, (std::map<std::string, int64_t>{{"RUNNING", 1}}));
    EXPECT_EQ(store->load_journal(key_of(actors), 1, 10)->at(0).data, std::string(20'000, 'x'));
    EXPECT_EQ(*store->acquire_leases(), 2);
  }

  StoreFolder folder_;
};

TEST_F(Vacuum, GivesTheSpaceOfWhatIsForgottenBack) {
  const auto summary = vacuum_database(folder_.path());
  ASSERT_TRUE(summary) << summary.error().cause;
  EXPECT_GT(summary->bytes_before, actors * 20'000);
  EXPECT_LT(summary->bytes_after, 400'000);
  EXPECT_EQ(summary->bytes_after, size());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/perdure.db-wal"));
  expect_content();
}

TEST_F(Vacuum, IsRefusedWhileAServerHasTheFolder) {
  const auto store = opened(folder_);
  EXPECT_EQ(vacuum_database(folder_.path()).error().name, "DataFolderInUse");
}

TEST_F(Vacuum, IsRefusedWhileAnotherProgramReads) {
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open((folder_.path() + "/perdure.db").c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "SELECT count(*) FROM actors", nullptr, nullptr, nullptr),
            SQLITE_OK);
  const int64_t before = size();
  EXPECT_EQ(vacuum_database(folder_.path()).error().name, "DatabaseInUse");
  sqlite3_close(reader);
  EXPECT_GE(size(), before);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/perdure.db.vacuum"));
  expect_content();
}

// An earlier one was interrupted in the midst of writing.
TEST_F(Vacuum, TakesNothingOfAnUnfinishedOne) {
  std::ofstream(folder_.path() + "/perdure.db.vacuum") << "half a database";
  expect_content();
  EXPECT_TRUE(vacuum_database(folder_.path()));
  EXPECT_LT(size(), 400'000);
}

TEST_F(Vacuum, LeavesADamagedDatabaseAsItIs) {
  const int64_t before = size();
  {
    std::fstream file(folder_.path() + "/perdure.db",
                      std::ios::in | std::ios::out | std::ios::binary);
    file.write("nothing like it ", 16);
  }
  EXPECT_FALSE(vacuum_database(folder_.path()));
  EXPECT_EQ(size(), before);
}

TEST(VacuumWithoutDatabase, IsToldSo) {
  const StoreFolder folder;
  EXPECT_EQ(vacuum_database(folder.path()).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace perdure::engine

// Files of earlier versions are opened, and keep what they hold.
#include <gtest/gtest.h>

#include "engine/store/sqlite_schema.h"
#include "tests/engine/store/raw_database.h"
#include "tests/engine/store/support.h"

namespace perdure::engine {
namespace {

TEST(Migration, AFileOfVersionOneIsTakenOver) {
  const StoreFolder folder;
  execute(folder, std::string(sqlite_schema_1) +
                      "INSERT INTO actors(key,kind,stop_ms,machine,name,status,start_ms) VALUES"
                      "(x'25000000000000000000000000000001',1,9,1,'e',3,1);"
                      "INSERT INTO machines VALUES(1,'arn:m','000000000000','us-east-1');"
                      "INSERT INTO journal VALUES(1,1,'row');"
                      "PRAGMA user_version=1;");
  const std::string blob(32, '\1');
  const auto store = opened(folder);
  const int64_t epoch = *store->acquire_leases();
  EXPECT_EQ(text_of(store->load_journal(key_of(1), 1, 10)), "1=row");
  Batch again;
  again.appends.resize(2);
  again.appends[0].actor = again.appends[1].actor = key_of(1);
  again.appends[0].row = JournalRow{1, "row"};
  again.appends[1].row = JournalRow{2, "next"};
  EXPECT_EQ(store->commit(epoch, again)->appends,
            (std::vector<Outcome>{Outcome::conflict, Outcome::committed}));
  EXPECT_EQ(text_of(store->load_journal(key_of(1), 1, 10)), "1=row 2=next");
  EXPECT_EQ(store->stats()->executions, (std::map<std::string, int64_t>{{"FAILED", 1}}));
  // What its rows name is not known, so nothing is free until they have gone.
  EXPECT_TRUE(*store->blob_is_named(blob));
  EXPECT_EQ(*store->expire(epoch, 10, 10), 1);
  EXPECT_FALSE(*store->blob_is_named(blob));
}

TEST(Migration, ExecutionsOfVersionTwoWereNeverRedriven) {
  const StoreFolder folder;
  execute(folder, std::string(sqlite_schema_1) + sqlite_schema_2 +
                      "INSERT INTO actors(key,kind,machine,name,status,start_ms) VALUES"
                      "(x'25000000000000000000000000000001',1,1,'e',1,1);"
                      "INSERT INTO machines VALUES(1,'arn:m','000000000000','us-east-1');"
                      "PRAGMA user_version=2;");
  const auto store = opened(folder);
  EXPECT_EQ((*store->find_execution(key_of(1)))->redrive_count, 0);
  EXPECT_EQ(store->list_executions({{}, "arn:m", "", false}, {}, 10)->size(), 1u);
  EXPECT_EQ(store->list_executions({{}, "arn:m", "", true}, {}, 10)->size(), 0u);
}

TEST(Migration, AFileOfALaterVersionIsRefused) {
  const StoreFolder folder;
  execute(folder, "PRAGMA user_version=" + std::to_string(sqlite_schema_version + 1));
  const auto store = open_sqlite_store(folder.path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::unsupported);
}

}  // namespace
}  // namespace perdure::engine

// Damage that SQLite cannot see: a byte of a row is another than it was.
#include "engine/store/row_checksum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/store/raw_database.h"
#include "tests/engine/store/support.h"

namespace perdure::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Actor 1 has a short row with its own, and rows behind it; actor 2 has a long first row.
class RowChecksum : public testing::Test {
 protected:
  RowChecksum() {
    const auto store = opened(folder_);
    Batch batch;
    for (uint8_t number : {1, 2}) {
      Append& created = batch.appends.emplace_back();
      created.actor = key_of(number);
      created.create = true;
      created.record = record_of(key_of(number), "m", "e" + std::to_string(number), 5);
      created.row = JournalRow{1, std::string(number == 1 ? 100 : 10'000, 'x')};
      Append& more = batch.appends.emplace_back();
      more.actor = key_of(number);
      more.row = JournalRow{2, "second"};
    }
    EXPECT_TRUE(store->commit(*store->acquire_leases(), batch));
  }
  void damage(const std::string& sql) { EXPECT_EQ(execute(folder_, sql), 1); }
  std::string read(uint8_t number) {
    const auto rows = opened(folder_)->load_journal(key_of(number), 1, 10);
    return rows ? "whole" : rows.error().name + ": " + rows.error().cause;
  }
  std::vector<std::string> check() { return *check_rows(folder_.path() + "/perdure.db"); }

  StoreFolder folder_;
};

TEST_F(RowChecksum, WhatIsWholeIsRead) {
  EXPECT_EQ(read(1), "whole");
  EXPECT_EQ(read(2), "whole");
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(RowChecksum, AnotherByteIsFoundInTheRowOfTheActorItself) {
  damage("UPDATE actors SET first='y'||substr(first,2) WHERE name='e1'");
  EXPECT_THAT(read(1), HasSubstr("JournalDamaged: Row 1 of its journal is damaged"));
  EXPECT_THAT(read(1), HasSubstr("perdure restore"));
  EXPECT_EQ(read(2), "whole");
  EXPECT_THAT(check(), ElementsAre("row 1 of the journal of " + execution_arn({}, "m", "e1") +
                                   " is damaged"));
}

TEST_F(RowChecksum, AnotherByteIsFoundDeepInALongRow) {
  damage("UPDATE journal SET data=substr(data,1,9000)||'y'||substr(data,9002) WHERE sequence=1");
  EXPECT_EQ(read(1), "whole");
  EXPECT_THAT(read(2), HasSubstr("Row 1 of its journal"));
}

TEST_F(RowChecksum, ARowInAnothersPlaceIsFound) {
  damage("UPDATE journal SET sequence=3 WHERE sequence=2 AND actor=1");
  EXPECT_THAT(read(1), HasSubstr("Row 3 of its journal"));
  damage("UPDATE journal SET sequence=2,actor=3 WHERE sequence=3 AND actor=1");
  damage("UPDATE journal SET actor=1 WHERE sequence=2 AND actor=2");
  EXPECT_THAT(read(1), HasSubstr("Row 2 of its journal"));
  EXPECT_THAT(check(),
              ElementsAre(HasSubstr("row 2 of the journal of " + execution_arn({}, "m", "e1"))));
}

TEST_F(RowChecksum, RowsOfEarlierVersionsHaveNone) {
  EXPECT_EQ(execute(folder_, "UPDATE journal SET checksum=NULL,data='old'"), 3);
  EXPECT_EQ(read(1), "whole");
  EXPECT_EQ(read(2), "whole");
  EXPECT_THAT(check(), IsEmpty());
}

}  // namespace
}  // namespace perdure::engine

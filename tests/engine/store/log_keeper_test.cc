#include "engine/store/log_keeper.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/thread_runner.h"
#include "tests/engine/store/support.h"

namespace perdure::engine {
namespace {

constexpr LogBounds bounds{.copy_pages = 64, .most_pages = 256};
constexpr int64_t page_bytes = 4096 + 24;  // with its header in the log
constexpr int64_t slack_pages = 64;        // what a commit or two may add

// Works when it is told to.
class LazyRunner final : public Runner {
 public:
  void post(Work work) override { posted_.push_back(std::move(work)); }
  void run_at(int64_t, Work) override {}
  void run() {
    for (; !posted_.empty(); posted_.pop_front()) posted_.front()();
  }

 private:
  std::deque<Work> posted_;
};

class LogKeeperTest : public testing::Test {
 protected:
  void open(Runner* runner) {
    auto opened = open_sqlite_store(folder_.path(), {.log_copier = runner, .log_bounds = bounds});
    ASSERT_TRUE(opened) << opened.error().cause;
    store_ = std::move(*opened);
    epoch_ = *store_->acquire_leases();
  }
  void commit() {
    Append append;
    append.actor = key_of(static_cast<uint8_t>(commits_ % 200 + 1));
    append.create = commits_ < 200;
    append.row = JournalRow{commits_ / 200 + 1, std::string(3'000, 'x')};
    const auto outcome = store_->commit(epoch_, Batch{{std::move(append)}, {}});
    ASSERT_TRUE(outcome) << outcome.error().cause;
    ASSERT_EQ(outcome->appends.at(0), Outcome::committed);
    ++commits_;
  }
  // The file never shrinks: its size is that of the longest log.
  int64_t longest_log_pages() const {
    return static_cast<int64_t>(std::filesystem::file_size(folder_.path() + "/perdure.db-wal")) /
           page_bytes;
  }
  void expect_all_rows() {
    int64_t rows = 0;
    for (int number = 1; number <= 200; ++number) {
      rows += static_cast<int64_t>(
          store_->load_journal(key_of(static_cast<uint8_t>(number)), 1, 1000)->size());
    }
    EXPECT_EQ(rows, commits_);
  }

  StoreFolder folder_;
  std::unique_ptr<Store> store_;
  int64_t epoch_ = 0;
  int64_t commits_ = 0;
};

TEST(LogBounds, are_smaller_on_a_small_disk) {
  const LogBounds usual;
  EXPECT_EQ(usual.within(1LL << 40).copy_pages, usual.copy_pages);
  const LogBounds small = usual.within(64LL << 20);
  EXPECT_EQ(small.copy_pages, 512);  // 2 MiB
  EXPECT_EQ(small.most_pages, 2'048);
  EXPECT_EQ(usual.within(0).copy_pages, 64);
}

TEST_F(LogKeeperTest, copies_between_commits_without_a_runner) {
  open(nullptr);
  while (commits_ < 1'000) commit();
  EXPECT_LE(longest_log_pages(), bounds.copy_pages + slack_pages);
  expect_all_rows();
}

TEST_F(LogKeeperTest, a_runner_copies_beside_the_commits) {
  LazyRunner runner;
  open(&runner);
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 10; ++i) commit();
    runner.run();
  }
  EXPECT_LE(longest_log_pages(), bounds.copy_pages + 2 * slack_pages);
  EXPECT_LT(longest_log_pages(), bounds.most_pages);
  expect_all_rows();
}

TEST_F(LogKeeperTest, commits_wait_where_the_runner_stays_behind) {
  LazyRunner runner;
  open(&runner);
  while (commits_ < 2'000) commit();
  EXPECT_GE(longest_log_pages(), bounds.most_pages);  // nothing was copied before
  EXPECT_LE(longest_log_pages(), bounds.most_pages + slack_pages);
  runner.run();
  expect_all_rows();
}

TEST_F(LogKeeperTest, a_reader_delays_it_only_as_long_as_it_reads) {
  open(nullptr);
  commit();
  auto reader = *Database::open(folder_.path() + "/perdure.db", {});
  ASSERT_TRUE(reader->execute("BEGIN; SELECT epoch FROM lease"));
  while (commits_ < 500) commit();
  const int64_t grown = longest_log_pages();
  EXPECT_GT(grown, bounds.most_pages);
  ASSERT_TRUE(reader->execute("COMMIT"));
  while (commits_ < 2'000) commit();
  EXPECT_LE(longest_log_pages(), grown + slack_pages);
  expect_all_rows();
}

TEST_F(LogKeeperTest, a_thread_of_its_own_loses_nothing) {
  ThreadRunner runner("copier");
  open(&runner);
  while (commits_ < 3'000) commit();
  EXPECT_LE(longest_log_pages(), bounds.most_pages + slack_pages);
  runner.stop();  // its work ends before the store does
  store_.reset();
  open(nullptr);
  expect_all_rows();
}

}  // namespace
}  // namespace perdure::engine

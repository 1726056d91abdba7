// What a folder that is used for years forgets, and what it keeps.
#include "engine/upkeep.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "tests/engine/store/support.h"
#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

constexpr int64_t day_ms = 24LL * 3600 * 1000;
const std::string sleeper =
    R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":99999999,"End":true}}})";

TEST(Upkeep, ClosedExecutionsAreForgottenInSmallSlices) {
  World world;
  const std::string machine =
      world.machine("m", R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})");
  const std::string waiting = world.machine("w", sleeper);
  for (int i = 0; i < 350; ++i) world.start(machine, "e" + std::to_string(i));
  world.start(waiting, "open");
  world.pass(89 * day_ms);
  EXPECT_EQ(world.status(machine, "e0"), "SUCCEEDED");
  // The name is kept as long as the execution.
  EXPECT_EQ((*world.start(machine, "e0")).error().name, "ExecutionAlreadyExists");
  world.pass(1 * day_ms + 120'000);
  EXPECT_EQ(world.store->stats()->executions, (std::map<std::string, int64_t>{{"RUNNING", 1}}));
  EXPECT_LE(world.faulty->largest_expiry, 100);
  EXPECT_EQ(world.status(machine, "e0"), "ExecutionDoesNotExist");
  EXPECT_TRUE(*world.start(machine, "e0"));
}

TEST(Upkeep, AnExecutionEndsAfterAYear) {
  World world;
  const std::string machine = world.machine("w", sleeper);
  ASSERT_TRUE(*world.start(machine, "e"));
  ASSERT_EQ(world.status(machine, "e"), "RUNNING");
  world.pass(364 * day_ms);
  EXPECT_EQ(world.status(machine, "e"), "RUNNING");
  world.pass(1 * day_ms + 60'000);
  EXPECT_EQ(world.status(machine, "e"), "TIMED_OUT");
}

class BlobUpkeep : public testing::Test {
 protected:
  // As if it had been put long ago.
  void age(const BlobHash& hash) {
    const timespec old[2] = {{1'000, 0}, {1'000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, blobs_->path(hash)->c_str(), old, 0), 0);
  }
  bool there(const BlobHash& hash) { return blobs_->get(hash).has_value(); }
  int64_t sweep(const std::set<BlobHash>& named) {
    int64_t removed = 0;
    for (int byte = 0; byte < 256; ++byte) {
      removed += *blobs_->remove_unnamed(
          static_cast<uint8_t>(byte), 2'000'000,
          [&](const BlobHash& hash) { return Result<bool>(named.contains(hash)); });
    }
    return removed;
  }

  StoreFolder folder_;
  std::unique_ptr<Blobs> blobs_ = *open_blobs(folder_.path());
};

TEST_F(BlobUpkeep, OnlyOldBlobsThatNothingNamesAreRemoved) {
  const BlobHash fresh = *blobs_->put("fresh"), named = *blobs_->put("named");
  const BlobHash unused = *blobs_->put("unused");
  age(named);
  age(unused);
  EXPECT_EQ(sweep({named}), 1);
  EXPECT_TRUE(there(fresh));
  EXPECT_TRUE(there(named));
  EXPECT_FALSE(there(unused));
}

TEST_F(BlobUpkeep, ABlobThatIsPutAgainIsFresh) {
  const BlobHash hash = *blobs_->put("content");
  age(hash);
  EXPECT_EQ(*blobs_->put("content"), hash);
  EXPECT_EQ(sweep({}), 0);
  EXPECT_TRUE(there(hash));
}

// A large payload is named from its row's commit until its execution is forgotten.
TEST(Upkeep, LargePayloadsAreNamedByTheirRows) {
  World world;
  const std::string machine =
      world.machine("m", R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})");
  const std::string large = "\"" + std::string(100'000, 'x') + "\"";
  world.start(machine, "e", large);
  const auto hashes = *world.blobs->list();
  ASSERT_EQ(hashes.size(), 1u);
  EXPECT_TRUE(*world.store->blob_is_named(hashes[0]));
  world.pass(91 * day_ms);
  EXPECT_FALSE(*world.store->blob_is_named(hashes[0]));
}

}  // namespace
}  // namespace perdure::engine

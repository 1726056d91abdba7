#include "engine/keys.h"

#include <gtest/gtest.h>

#include <set>

#include "base/hash.h"
#include "base/ids.h"

namespace perdure::engine {
namespace {

// Folders of earlier versions hold these keys.
TEST(Keys, NamesOfCallersAreHashed) {
  for (const std::string name : {"order-1001", "8b0c8f5e-3f43-4d2c-9ad3-000000000001"}) {
    const std::string arn = execution_arn({}, "hop", name);
    const Sha256 digest = sha256(arn);
    const ActorKey key = actor_key(arn);
    EXPECT_TRUE(std::equal(key.bytes.begin(), key.bytes.end(), digest.begin())) << name;
  }
}

TEST(Keys, OwnNamesGrowWithTime) {
  SeededRandom random(1);
  ActorKey before;
  for (int64_t moment = 1'764'361'530'123; moment < 1'764'361'530'223; ++moment) {
    const ActorKey key = actor_key(execution_arn({}, "hop", make_timed_uuid(random, moment)));
    EXPECT_LT(before, key);
    before = key;
  }
}

TEST(Keys, OwnNamesOfOneMomentSpreadOverShards) {
  SeededRandom random(1);
  std::set<ShardId> shards;
  std::set<ActorKey> keys;
  const std::string name = make_timed_uuid(random, 1'764'361'530'123);
  for (int i = 0; i < 1'000; ++i) {
    const ActorKey key = actor_key(execution_arn({}, "machine" + std::to_string(i), name));
    shards.insert(key.shard());
    keys.insert(key);
  }
  EXPECT_GT(shards.size(), 200U);
  EXPECT_EQ(keys.size(), 1'000U);
}

}  // namespace
}  // namespace perdure::engine

#include "base/ids.h"

#include <gtest/gtest.h>

#include <set>

namespace perdure {
namespace {

TEST(Ids, TimedUuidsTellTheirMomentAndGrowWithIt) {
  SeededRandom random(1);
  std::string before;
  for (const int64_t moment : {int64_t{1'700'000'000'000}, int64_t{1'700'000'000'001},
                               int64_t{1'764'361'530'123}, int64_t{2'100'000'000'000}}) {
    const std::string uuid = make_timed_uuid(random, moment);
    ASSERT_EQ(uuid.size(), 36U);
    EXPECT_EQ(time_of_uuid(uuid), moment) << uuid;
    EXPECT_EQ(uuid[14], '8') << uuid;
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    EXPECT_LT(before, uuid);
    before = uuid;
  }
}

TEST(Ids, TimedUuidsOfOneMomentDiffer) {
  SeededRandom random(2);
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(make_timed_uuid(random, 1'764'361'530'123));
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(Ids, MomentsOutOfRangeAreTheNearestOnes) {
  SeededRandom random(3);
  EXPECT_EQ(time_of_uuid(make_timed_uuid(random, 0)), int64_t{1} << 40);
  EXPECT_EQ(time_of_uuid(make_timed_uuid(random, INT64_MAX)), (int64_t{2} << 40) - 1);
}

TEST(Ids, OtherTextsTellNoMoment) {
  SeededRandom random(4);
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(time_of_uuid(make_uuid(random)));
  const std::string timed = make_timed_uuid(random, 1'764'361'530'123);
  for (const size_t place :
       {size_t{0}, size_t{8}, size_t{14}, size_t{16}, size_t{19}, size_t{35}}) {
    std::string other = timed;
    other[place] = 'G';
    EXPECT_FALSE(time_of_uuid(other)) << other;
    other[place] = '-';
    EXPECT_EQ(time_of_uuid(other).has_value(), place == 8) << other;
  }
  EXPECT_FALSE(time_of_uuid(timed + "0"));
  EXPECT_FALSE(time_of_uuid(""));
  std::string upper = timed;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_FALSE(time_of_uuid(upper)) << upper;
  // Version 7, as others make it from the same moment.
  EXPECT_FALSE(time_of_uuid("019ac7be-0d4b-7d5c-b6aa-0123456789ab"));
}

}  // namespace
}  // namespace perdure

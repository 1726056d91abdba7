#include "executors/functions/sandbox/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>

#include "base/json.h"

namespace perdure::executors::sandbox {
namespace {

TEST(PlanTest, ResultsOfEarlierCallsAndAddressesAreFilledIn) {
  // memfd_create, then writev of a structure that holds an address, then a read of what is there.
  const uint64_t vector[2] = {0, 5};
  std::vector<Call> calls = {
      {"memfd", SYS_memfd_create, {text("plan"), value(MFD_CLOEXEC)}},
      {"writev",
       SYS_writev,
       {result_of(0), bytes_of(vector, sizeof vector, {{.offset = 0, .pointee = "hello"}}),
        value(1)}},
      {"dup", SYS_dup, {result_of(0)}}};
  ASSERT_FALSE(run(calls));
  EXPECT_EQ(calls[1].result, 5);
  char read_back[6] = {};
  EXPECT_EQ(pread(static_cast<int>(calls[2].result), read_back, 5, 0), 5);
  EXPECT_STREQ(read_back, "hello");
  close(static_cast<int>(calls[0].result));
  close(static_cast<int>(calls[2].result));
}

TEST(PlanTest, AResultIsPutIntoTheBytesOfAStructure) {
  const int32_t room[2] = {-1, 7};
  std::vector<Call> calls = {
      {"getpid", SYS_getpid, {}},
      {"write",
       SYS_write,
       {value(-1), bytes_of(room, sizeof room, {{.result_of = 0}}), value(0)},
       true}};
  ASSERT_FALSE(run(calls));
  int32_t filled[2];
  std::memcpy(filled, calls[1].arguments[1].bytes.data(), sizeof filled);
  EXPECT_EQ(filled[0], getpid());
  EXPECT_EQ(filled[1], 7);
}

TEST(PlanTest, TheFirstFailureEndsItUnlessItMayFail) {
  std::vector<Call> calls = {{"close nothing", SYS_close, {value(-1)}, true},
                             {"open", SYS_openat, {value(-1), text("/nowhere/at/all"), value(0)}},
                             {"getpid", SYS_getpid, {}}};
  auto failure = run(calls);
  ASSERT_TRUE(failure);
  EXPECT_STREQ(failure->call, "open");
  EXPECT_EQ(failure->error, ENOENT);
  EXPECT_EQ(calls[2].result, -1);
}

TEST(PlanTest, AsJsonEachByteIsACharacter) {
  Plan plan{.namespaces = 5,
            .worker = {{"a", 1, {value(-1), result_of(0), text("\xff")}, true},
                       {"b", 2, {bytes_of("xy", 2, {{0, 0, {}}, {1, -1, "p"}})}}}};
  auto json = parse_json(to_json(plan));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["namespaces"], 5);
  EXPECT_EQ((*json)["house"], Json::array());
  const Json expected = *parse_json(R"([
    ["a", 1, true, [-1, {"result": 0}, {"bytes": "\u00ff\u0000", "links": []}]],
    ["b", 2, false, [{"bytes": "xy", "links": [[0, 0], [1, "p"]]}]]])");
  EXPECT_EQ((*json)["worker"], expected);
}

}  // namespace
}  // namespace perdure::executors::sandbox

#include "executors/functions/sandbox/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "executors/functions/sandbox/plan.h"

namespace perdure::executors::sandbox {
namespace {

using testing::StrEq;

class CallsTest : public testing::Test {
 protected:
  CallsTest() : file_(memfd_create("calls", MFD_CLOEXEC)) {}
  ~CallsTest() override { close(file_); }

  Failure make(const std::vector<Call>& calls) {
    bytes_ = to_bytes(calls);
    return make_calls(bytes_.data(), bytes_.size());
  }
  std::string written() const {
    char text[64];
    const ssize_t got = pread(file_, text, sizeof text, 0);
    return {text, got > 0 ? static_cast<size_t>(got) : 0};
  }
  // Writes what lies where the vector's first member says.
  Call writev_of(Link link, Argument to) const {
    const uint64_t vector[2] = {0, 5};
    return {"writev",
            SYS_writev,
            {std::move(to), bytes_of(vector, sizeof vector, {std::move(link)}), value(1)}};
  }

  const int file_;
  std::string bytes_;
};

TEST_F(CallsTest, ResultsOfEarlierCallsAndAddressesAreFilledIn) {
  const Failure failure = make({{"nothing", SYS_getpid, {}},
                                {"dup", SYS_dup, {value(file_)}},
                                writev_of({.offset = 0, .pointee = "hello"}, result_of(1)),
                                {"close", SYS_close, {result_of(1)}}});
  EXPECT_EQ(failure.call, nullptr) << failure.call;
  EXPECT_EQ(written(), "hello");
}

TEST_F(CallsTest, AResultIsPutIntoTheBytesOfAStructure) {
  const int32_t room[3] = {-1, -1, 7};
  const Failure failure =
      make({{"getpid", SYS_getpid, {}},
            {"getppid", SYS_getppid, {}},
            {"write",
             SYS_write,
             {value(file_),
              bytes_of(room, sizeof room,
                       {{.offset = 4, .result_of = 0}, {.offset = 0, .result_of = 1}}),
              value(sizeof room)}}});
  EXPECT_EQ(failure.call, nullptr);
  int32_t filled[3] = {};
  ASSERT_EQ(pread(file_, filled, sizeof filled, 0), static_cast<ssize_t>(sizeof filled));
  EXPECT_EQ(filled[0], getppid());
  EXPECT_EQ(filled[1], getpid());
  EXPECT_EQ(filled[2], 7);
}

TEST_F(CallsTest, JoinedListsFindTheirOwnResults) {
  const int32_t room = -1;
  const std::vector<Call> second = {
      {"dup", SYS_dup, {value(file_)}},
      {"write",
       SYS_write,
       {result_of(0), bytes_of(&room, sizeof room, {{.offset = 0, .result_of = 0}}),
        value(sizeof room)}},
      {"close", SYS_close, {result_of(0)}}};
  const Failure failure = make(joined(
      {{"getpid", SYS_getpid, {}}, {"close nothing", SYS_close, {value(-1)}, true}}, second));
  EXPECT_EQ(failure.call, nullptr) << failure.call;
  int32_t was_open = -1;
  EXPECT_EQ(pread(file_, &was_open, sizeof was_open, 0), static_cast<ssize_t>(sizeof was_open));
  EXPECT_GT(was_open, 2);
  EXPECT_NE(was_open, getpid());
}

TEST_F(CallsTest, TheFirstFailureEndsItUnlessItMayFail) {
  const Failure failure =
      make({{"close nothing", SYS_close, {value(-1)}, true},
            {"open", SYS_openat, {value(-1), text("/nowhere/at/all"), value(0)}},
            {"write", SYS_write, {value(file_), text("x"), value(1)}}});
  ASSERT_NE(failure.call, nullptr);
  EXPECT_THAT(failure.call, StrEq("open"));
  EXPECT_EQ(failure.error, ENOENT);
  EXPECT_EQ(written(), "") << "nothing after it is done";
}

TEST_F(CallsTest, ResultsThatAreNotThereYetAreRefused) {
  for (size_t index : {size_t{0}, size_t{1}, size_t{400}}) {
    const Failure failure = make({{"close", SYS_close, {result_of(index)}}});
    EXPECT_EQ(failure.error, EINVAL) << index;
  }
  EXPECT_EQ(make({writev_of({.offset = 12, .pointee = "hello"}, value(file_))}).error, EINVAL)
      << "no room for an address there";
  EXPECT_EQ(written(), "");
}

// Whatever is cut off, nothing is read behind the end (of a buffer that has nothing behind it), and
// no call is made of which a part is missing.
TEST_F(CallsTest, BytesThatAreCutOffAreRefused) {
  const std::string whole = to_bytes({writev_of({.offset = 0, .pointee = "hello"}, value(file_))});
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto part = std::make_unique<char[]>(size);
    std::memcpy(part.get(), whole.data(), size);
    EXPECT_EQ(make_calls(part.get(), size).error, EINVAL) << size;
  }
  EXPECT_EQ(written(), "");
}

}  // namespace
}  // namespace perdure::executors::sandbox

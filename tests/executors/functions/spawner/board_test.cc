#include "executors/functions/spawner/board.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

namespace perdure::executors::spawn {
namespace {

// Both sides, as two processes have them.
struct Sides {
  Board spawner = std::move(*Board::make());
  Board engine = std::move(*Board::open(spawner.memory()));
};

TEST(BoardTest, WhatIsWrittenIsReadUntilItIsCleared) {
  Sides sides;
  Seats seats;
  const Seat one = seats.take(), two = seats.take();
  EXPECT_FALSE(sides.spawner.look(one));
  EXPECT_TRUE(sides.engine.assign(one, "r1", 1234));
  EXPECT_EQ(sides.spawner.look(one), (Assignment{"r1", 1234}));
  EXPECT_FALSE(sides.spawner.look(two));
  EXPECT_TRUE(sides.engine.assign(one, "r", 5678));
  EXPECT_EQ(sides.spawner.look(one), (Assignment{"r", 5678}));
  sides.engine.clear(one);
  EXPECT_FALSE(sides.spawner.look(one));
  sides.engine.clear(one);
  EXPECT_FALSE(sides.spawner.look(one));
  const std::string longest(Board::max_request_bytes, 'x');
  EXPECT_TRUE(sides.engine.assign(one, longest, 1));
  EXPECT_EQ(sides.spawner.look(one)->request, longest);
}

TEST(BoardTest, WhatDoesNotFitIsNotWritten) {
  Sides sides;
  const Seat seat = Seats().take();
  EXPECT_FALSE(sides.engine.assign(0, "r", 1)) << "no seat";
  EXPECT_FALSE(sides.engine.assign(seat, std::string(Board::max_request_bytes + 1, 'x'), 1));
  EXPECT_FALSE(sides.engine.assign(seat, "", 1));
  EXPECT_FALSE(sides.spawner.look(seat));
  EXPECT_FALSE(Board().assign(seat, "r", 1)) << "nobody's";
  EXPECT_FALSE(Board().look(seat));
}

TEST(BoardTest, OnlyABoardIsOne) {
  const Descriptor small(memfd_create("small", MFD_CLOEXEC));
  EXPECT_FALSE(Board::open(small));
  EXPECT_FALSE(Board::open(Descriptor()));
}

TEST(BoardTest, WhatIsWrittenForAWorkerThatIsGoneIsNotItsSuccessors) {
  Sides sides;
  Seats seats;
  const Seat gone = seats.take();
  ASSERT_TRUE(sides.engine.assign(gone, "r1", 1));
  seats.give_back(gone);
  const Seat next = seats.take();
  EXPECT_NE(next, gone);
  EXPECT_FALSE(sides.spawner.look(next));
  ASSERT_TRUE(sides.engine.assign(next, "r2", 2)) << "in the same slot";
  EXPECT_FALSE(sides.spawner.look(gone));
  EXPECT_EQ(sides.spawner.look(next), (Assignment{"r2", 2}));
}

TEST(BoardTest, EachWorkerHasASeatOfItsOwnUntilTheBoardIsFull) {
  Seats seats;
  std::set<Seat> taken;
  for (size_t i = 0; i < Board::slots; ++i) taken.insert(seats.take());
  EXPECT_EQ(taken.size(), Board::slots);
  EXPECT_FALSE(taken.contains(0));
  EXPECT_EQ(seats.take(), 0u);
  seats.give_back(*taken.begin());
  EXPECT_TRUE(taken.insert(seats.take()).second);
}

TEST(BoardTest, WhatWasClearedIsOverUntilTheNextIsWritten) {
  Sides sides;
  Seats seats;
  const Seat seat = seats.take();
  EXPECT_FALSE(sides.spawner.is_over(seat, "")) << "nothing was written";
  ASSERT_TRUE(sides.engine.assign(seat, "r1", 1));
  EXPECT_FALSE(sides.spawner.is_over(seat, "r1"));
  sides.engine.clear(seat);
  EXPECT_TRUE(sides.spawner.is_over(seat, "r1"));
  EXPECT_FALSE(sides.spawner.is_over(seat, "r2")) << "which was assigned in words";
  seats.give_back(seat);
  EXPECT_FALSE(sides.spawner.is_over(seats.take(), "r1"));
  ASSERT_TRUE(sides.engine.assign(seat, "r1", 2));
  EXPECT_FALSE(sides.spawner.is_over(seat, "r1")) << "it is tried again";
}

// An engine that is killed while it writes leaves nothing, or all, of one call.
TEST(BoardTest, HalfOfACallIsNeverRead) {
  const Board board = std::move(*Board::make());
  const Seat seat = Seats().take();
  const auto is_whole = [&] {
    const auto seen = board.look(seat);
    return !seen || (seen->request == std::string(100, static_cast<char>('a' + seen->deadline_ms)));
  };
  for (int round = 0; round < 40 && !HasFailure(); ++round) {
    const int writer = fork();
    if (writer == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Board engine = std::move(*Board::open(board.memory()));
      for (int64_t i = 0;; i = (i + 1) % 26) {
        engine.assign(seat, std::string(100, static_cast<char>('a' + i)), i);
        if (i % 5 == 0) engine.clear(seat);
      }
    }
    bool whole = true;
    for (int look = 0; look < 2000 + 37 * round; ++look) whole = whole && is_whole();
    kill(writer, SIGKILL);
    ASSERT_EQ(waitpid(writer, nullptr, 0), writer);
    EXPECT_TRUE(whole && is_whole());
  }
  // The next engine goes on where one was killed in the middle.
  Board engine = std::move(*Board::open(board.memory()));
  ASSERT_TRUE(engine.assign(seat, "r", 7));
  EXPECT_EQ(board.look(seat), (Assignment{"r", 7}));
}

}  // namespace
}  // namespace perdure::executors::spawn

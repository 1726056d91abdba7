#include "executors/functions/bridge/log_frames.h"

#include <gtest/gtest.h>

namespace perdure::executors::bridge {
namespace {

using std::string_literals::operator""s;

const std::string dated = "\xa5\x5a\x00\x03\x00\x00\x00\x09\0\0\0\0\0\0\0\1two\nlines"s;
const std::string undated = "\xa5\x5a\x00\x01\x00\x00\x00\x04one\n"s;

TEST(LogFramesTest, AnEntryIsALineHoweverItComes) {
  const std::string bytes = dated + undated + dated;
  for (size_t piece : {size_t{1}, size_t{5}, bytes.size()}) {
    LogFrames frames;
    std::string lines;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      lines += frames.lines_of(std::string_view(bytes).substr(at, piece));
    }
    EXPECT_EQ(lines, "two\rlines\none\ntwo\rlines\n") << "pieces of " << piece;
  }
}

TEST(LogFramesTest, WhatIsNoFramePasses) {
  LogFrames frames;
  EXPECT_EQ(frames.lines_of("plain text\n"), "plain text\n");
  EXPECT_EQ(frames.lines_of(undated), "one\n");
}

}  // namespace
}  // namespace perdure::executors::bridge

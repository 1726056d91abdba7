#include "base/memory_limit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace perdure {
namespace {

class ControlGroups : public ::testing::Test {
 protected:
  ControlGroups() { std::filesystem::create_directories(folder_ + "/memory/a/b"); }
  ~ControlGroups() override { std::filesystem::remove_all(folder_); }
  void limit(const std::string& path, const std::string& text) const {
    std::ofstream(folder_ + path) << text << "\n";
  }

  const std::string folder_ =
      std::filesystem::temp_directory_path() / ("groups-" + std::to_string(getpid()));
};

TEST_F(ControlGroups, TheLeastLimitOnTheWayUpCounts) {
  limit("/memory/memory.limit_in_bytes", "9223372036854771712");
  limit("/memory/a/memory.limit_in_bytes", "1000");
  limit("/memory/a/b/memory.limit_in_bytes", "2000");
  EXPECT_EQ(control_group_limit_bytes("5:cpu,memory:/a/b\n3:pids:/\n", folder_), 1000);
  EXPECT_EQ(control_group_limit_bytes("5:memory:/\n", folder_), 9223372036854771712);
}

TEST_F(ControlGroups, VersionTwo) {
  std::filesystem::create_directories(folder_ + "/s");
  limit("/s/memory.max", "max");
  EXPECT_EQ(control_group_limit_bytes("0::/s\n", folder_), INT64_MAX);
  limit("/s/memory.max", "4096");
  EXPECT_EQ(control_group_limit_bytes("0::/s\n", folder_), 4096);
}

TEST_F(ControlGroups, WhatCannotBeReadIsNoLimit) {
  EXPECT_EQ(control_group_limit_bytes("", folder_), INT64_MAX);
  EXPECT_EQ(control_group_limit_bytes("nonsense\n0::/gone\n", folder_), INT64_MAX);
  EXPECT_GT(memory_limit_bytes(), 1 << 20);
}

}  // namespace
}  // namespace perdure

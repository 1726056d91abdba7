#include "base/net/listener.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

namespace perdure {
namespace {

class UnixListener : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/perdure-net-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    path_ = folder_ + "/s";
  }
  void TearDown() override { EXPECT_TRUE(remove_directory(folder_)); }

  std::string folder_, path_;
};

TEST_F(UnixListener, has_the_permissions_asked_for) {
  const auto fd = open_unix_listener(path_, 0640);
  ASSERT_TRUE(fd);
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
  close(*fd);
}

TEST_F(UnixListener, replaces_a_dead_socket_but_not_a_live_one_or_a_file) {
  const auto first = open_unix_listener(path_, 0600);
  ASSERT_TRUE(first);
  EXPECT_EQ(open_unix_listener(path_, 0600).error().kind, ErrorKind::conflict);
  close(*first);
  const auto second = open_unix_listener(path_, 0600);
  ASSERT_TRUE(second);
  close(*second);
  ASSERT_TRUE(write_file_atomically(folder_ + "/file", "x"));
  EXPECT_FALSE(open_unix_listener(folder_ + "/file", 0600));
  EXPECT_EQ(*read_file(folder_ + "/file"), "x");
}

TEST_F(UnixListener, refuses_paths_the_system_can_not_hold) {
  EXPECT_EQ(open_unix_listener("", 0600).error().kind, ErrorKind::invalid);
  EXPECT_EQ(open_unix_listener(std::string(200, 'p'), 0600).error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace perdure

#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

namespace perdure {
namespace {

class Files : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/perdure-files-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { EXPECT_TRUE(remove_directory(folder_)); }

  std::string in(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
};

TEST_F(Files, writes_then_reads_and_replaces) {
  const std::string big(300'000, 'x');
  ASSERT_TRUE(write_file_atomically(in("a"), big));
  EXPECT_EQ(*read_file(in("a")), big);
  ASSERT_TRUE(write_file_atomically(in("a"), std::string("n\0w", 3), 0600));
  EXPECT_EQ(*read_file(in("a")), std::string("n\0w", 3));
  struct stat status {};
  ASSERT_EQ(stat(in("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(*list_directory(folder_), std::vector<std::string>{"a"});  // no temporary file is left
}

TEST_F(Files, concurrent_writers_never_leave_a_mixture) {
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(write_file_atomically(in("a"), std::string(5000, static_cast<char>('a' + t))));
      }
    });
  }
  for (auto& writer : writers) writer.join();
  const std::string content = *read_file(in("a"));
  EXPECT_EQ(content, std::string(5000, content[0]));
  EXPECT_EQ(list_directory(folder_)->size(), 1u);
}

TEST_F(Files, errors_have_the_kind_of_their_reason) {
  EXPECT_EQ(read_file(in("none")).error().kind, ErrorKind::not_found);
  EXPECT_EQ(write_file_atomically(in("no/folder"), "x").error().kind, ErrorKind::not_found);
  EXPECT_EQ(list_directory(in("none")).error().kind, ErrorKind::not_found);
  EXPECT_FALSE(read_file(folder_));
  ASSERT_TRUE(write_file_atomically(in("five"), "12345"));
  EXPECT_EQ(read_file(in("five"), 4).error().kind, ErrorKind::too_large);
  EXPECT_TRUE(read_file(in("five"), 5));
  EXPECT_EQ(system_error("write", "x", ENOSPC).kind, ErrorKind::unavailable);
  EXPECT_EQ(system_error("write", "x", ENOSPC).cause, "cannot write x: No space left on device");
}

TEST_F(Files, makes_lists_and_removes_folders) {
  ASSERT_TRUE(make_directories(in("x/y/z")));
  ASSERT_TRUE(make_directories(in("x/y/z")));
  ASSERT_TRUE(make_directories(in("x/w/")));
  ASSERT_TRUE(write_file_atomically(in("x/f"), ""));
  EXPECT_EQ(*list_directory(in("x")), (std::vector<std::string>{"f", "w", "y"}));
  EXPECT_FALSE(make_directories(in("x/f")));
  EXPECT_FALSE(make_directories(in("x/f/g")));
  ASSERT_TRUE(remove_directory(in("x")));
  ASSERT_TRUE(remove_directory(in("x")));
  EXPECT_FALSE(file_exists(in("x")));
}

TEST_F(Files, removing_a_file_that_is_not_there_is_fine) {
  ASSERT_TRUE(write_file_atomically(in("f"), ""));
  EXPECT_TRUE(file_exists(in("f")));
  EXPECT_TRUE(remove_file(in("f")));
  EXPECT_TRUE(remove_file(in("f")));
  EXPECT_FALSE(remove_file(folder_));
}

}  // namespace
}  // namespace perdure

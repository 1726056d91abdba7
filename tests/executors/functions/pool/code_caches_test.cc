#include "executors/functions/pool/code_caches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/files.h"

namespace perdure::executors {
namespace {

// Runs what was posted when the test says so.
class LaterRunner final : public Runner {
 public:
  void post(Work work) override { posted_.push_back(std::move(work)); }
  void run_at(int64_t, Work work) override { posted_.push_back(std::move(work)); }
  void run() {
    for (Work& work : std::exchange(posted_, {})) work();
  }

 private:
  std::vector<Work> posted_;
};

class CodeCachesTest : public testing::Test {
 protected:
  ~CodeCachesTest() override { (void)remove_directory(folder_); }

  static FunctionConfiguration function_named(const std::string& name, const std::string& code) {
    FunctionConfiguration function;
    function.name = name;
    function.arn = "arn:aws:lambda:us-east-1:111111111111:function:" + name;
    function.runtime = "nodejs20.x";
    function.code_blob = function.code_sha256 = code;
    function.unpacked_size = 1 << 20;
    return function;
  }
  void keep(const FunctionConfiguration& function, const std::string& bytes) {
    ASSERT_TRUE(caches_.take(function, caches_.offer(function).edition, bytes));
    runner_.run();
  }
  // What a worker of the function would find; "none" without.
  std::string found_by(const FunctionConfiguration& function) {
    const std::string folder = caches_.offer(function).folder;
    return folder.empty() ? "none" : *read_file(folder + "/" + std::string(CodeCaches::file_name));
  }

  static std::string temporary_folder() {
    char name[] = "/tmp/perdure-test-XXXXXX";
    return mkdtemp(name);
  }

  const std::string folder_ = temporary_folder();
  LaterRunner runner_;
  CodeCaches caches_{folder_ + "/caches", runner_};
  const FunctionConfiguration one_ = function_named("one", "code1");
};

TEST_F(CodeCachesTest, IsKeptForThisCodeOfThisFunctionOnly) {
  EXPECT_EQ(found_by(one_), "none");
  EXPECT_TRUE(caches_.offer(one_).wanted);
  keep(one_, "made");
  EXPECT_EQ(found_by(one_), "made");
  EXPECT_EQ(found_by(function_named("two", "code1")), "none");
  EXPECT_EQ(found_by(function_named("one", "code2")), "none");
  FunctionConfiguration other = one_;
  other.memory_mib = 256;
  EXPECT_EQ(found_by(other), "none") << "V8 would not take it";
  other = one_;
  other.layers = {{"arn:layer:1", "blob", 1}};
  EXPECT_EQ(found_by(other), "none");
  other = one_;
  other.arn = "arn:aws:lambda:us-east-1:222222222222:function:one";
  EXPECT_EQ(found_by(other), "none");
  other = one_;
  other.version = "7";
  other.timeout_s = 9;
  EXPECT_EQ(found_by(other), "made") << "the same code of the same function";
}

TEST_F(CodeCachesTest, OnlyTheFirstOfSeveralMakersIsHeard) {
  const auto before = caches_.offer(one_);
  EXPECT_TRUE(caches_.take(one_, before.edition, "first"));
  EXPECT_FALSE(caches_.take(one_, before.edition, "second"));
  runner_.run();
  EXPECT_EQ(found_by(one_), "first");
  // Whoever was shown that one, and found it bad, may make another; not without an end.
  keep(one_, "second");
  EXPECT_EQ(found_by(one_), "second");
  keep(one_, "third");
  EXPECT_FALSE(caches_.offer(one_).wanted);
  EXPECT_FALSE(caches_.take(one_, caches_.offer(one_).edition, "fourth"));
  EXPECT_EQ(found_by(one_), "third");
}

TEST_F(CodeCachesTest, NothingForSmallCodeOtherLanguagesAndFoldersThatMayChange) {
  FunctionConfiguration function = one_;
  function.unpacked_size = 1000;
  EXPECT_FALSE(caches_.offer(function).wanted);
  EXPECT_FALSE(caches_.take(function, 0, "made"));
  function.layers = {{"arn:layer:1", "blob", 1}};
  EXPECT_TRUE(caches_.offer(function).wanted) << "the layer may be large";
  function = one_;
  function.runtime = "python3.11";
  EXPECT_FALSE(caches_.offer(function).wanted);
  function = one_;
  function.code_blob.clear();
  function.code_folder = "/home/me/code";
  EXPECT_FALSE(caches_.offer(function).wanted);
  function = one_;
  function.environment["NODE_OPTIONS"] = "--enable-source-maps";
  EXPECT_FALSE(caches_.offer(function).wanted);
}

TEST_F(CodeCachesTest, WhatIsTooLargeOrWaitsForTheDiskIsBounded) {
  EXPECT_FALSE(caches_.take(one_, 0, ""));
  EXPECT_FALSE(caches_.take(one_, 0, std::string(CodeCaches::max_bytes + 1, 'x')));
  int taken = 0;
  for (int i = 0; i < 20; ++i) {
    taken += caches_.take(function_named("f" + std::to_string(i), "code"), 0,
                          std::string(CodeCaches::max_bytes, 'x'));
  }
  EXPECT_GT(taken, 1);
  EXPECT_LE(taken * CodeCaches::max_bytes, size_t{32} << 20);
  runner_.run();
  EXPECT_TRUE(caches_.take(function_named("later", "code"), 0, "made"));
}

TEST_F(CodeCachesTest, GoesWithItsCodeAndItsFunction) {
  const auto two = function_named("two", "code1");
  const auto newer = function_named("one", "code2");
  keep(one_, "old");
  keep(newer, "new");
  keep(two, "two");
  caches_.keep_only(one_.arn, {one_, newer});
  runner_.run();
  EXPECT_EQ(found_by(one_), "old") << "a version still has it";
  caches_.keep_only(one_.arn, {newer});
  runner_.run();
  EXPECT_EQ(found_by(one_), "none");
  EXPECT_EQ(found_by(newer), "new");
  keep(one_, "again");
  caches_.keep_only(one_.arn, {});
  runner_.run();
  EXPECT_EQ(found_by(newer), "none");
  EXPECT_EQ(found_by(two), "two");
  EXPECT_EQ(list_directory(folder_ + "/caches")->size(), 1u);
  caches_.keep_functions({one_.arn});
  runner_.run();
  EXPECT_EQ(found_by(two), "none");
}

TEST_F(CodeCachesTest, ADiskThatTakesNothingIsNoFaultOfTheFunction) {
  ASSERT_TRUE(write_file_atomically(folder_ + "/caches", "in the way"));
  keep(one_, "made");
  EXPECT_EQ(found_by(one_), "none");
  EXPECT_TRUE(caches_.offer(one_).wanted);
}

}  // namespace
}  // namespace perdure::executors

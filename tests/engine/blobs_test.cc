#include "engine/blobs.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/hash.h"
#include "tests/engine/store/support.h"

namespace perdure::engine {
namespace {

class BlobsTest : public testing::TestWithParam<const char*> {
 protected:
  BlobsTest()
      : blobs_(std::string(GetParam()) == "memory"
                   ? memory_blobs()
                   : std::move(*open_blobs(folder_.path() + "/blobs"))) {}
  // How many go when nothing is named and everything is old.
  int64_t sweep() {
    int64_t removed = 0;
    for (int byte = 0; byte < 256; ++byte) {
      removed += *blobs_->remove_unnamed(uint8_t(byte), INT64_MAX - 1,
                                         [](const BlobHash&) { return Result<bool>(false); });
    }
    return removed;
  }

  StoreFolder folder_;
  std::unique_ptr<Blobs> blobs_;
};

TEST_P(BlobsTest, AWriterMakesTheSameBlobAsAPut) {
  const auto writer = blobs_->writer();
  EXPECT_TRUE(writer->write("hello "));
  EXPECT_TRUE(writer->write("world"));
  const auto hash = writer->finish();
  ASSERT_TRUE(hash);
  EXPECT_EQ(*hash, hex(sha256("hello world")));
  EXPECT_EQ(*blobs_->put("hello world"), *hash);
  EXPECT_EQ(*blobs_->get(*hash), "hello world");
  EXPECT_EQ(blobs_->list()->size(), 1u);
  const auto again = blobs_->writer();
  EXPECT_TRUE(again->write("hello world"));
  EXPECT_EQ(*again->finish(), *hash);
}

TEST_P(BlobsTest, AReaderReadsAnywhere) {
  const auto hash = *blobs_->put("0123456789");
  const auto reader = std::move(*blobs_->open(hash));
  EXPECT_EQ(reader->size(), 10);
  EXPECT_EQ(*reader->read(3, 4), "3456");
  EXPECT_EQ(*reader->read(8, 10), "89");
  EXPECT_EQ(*reader->read(20, 1), "");
  EXPECT_EQ(blobs_->open(std::string(64, '0')).error().kind, ErrorKind::not_found);
  EXPECT_TRUE(blobs_->remove(hash));
  EXPECT_EQ(*reader->read(0, 2), "01");  // it stays for who has it open
}

TEST_P(BlobsTest, OnlyWhatIsThereCanBeHeld) {
  const auto hash = *blobs_->put("x");
  EXPECT_NE(blobs_->hold(hash), nullptr);
  EXPECT_EQ(blobs_->hold(std::string(64, '0')), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Kinds, BlobsTest, testing::Values("memory", "files"));

class FileBlobsTest : public BlobsTest {};

TEST_P(FileBlobsTest, TheSweepLeavesWhatIsHeld) {
  const auto hash = *blobs_->put("held");
  blobs_->put("free").value();
  auto hold = blobs_->hold(hash);
  auto second = blobs_->hold(hash);
  EXPECT_EQ(sweep(), 1);
  hold.reset();
  EXPECT_EQ(sweep(), 0);
  second.reset();
  EXPECT_EQ(sweep(), 1);
}

TEST_P(FileBlobsTest, AWriterThatIsLeftLeavesNothing) {
  const auto unfinished = [&] {
    const auto begin = std::filesystem::directory_iterator(folder_.path() + "/blobs/unfinished");
    return std::distance(begin, std::filesystem::directory_iterator());
  };
  {
    const auto writer = blobs_->writer();
    EXPECT_TRUE(writer->write("half"));
    EXPECT_EQ(unfinished(), 1);
  }
  EXPECT_EQ(unfinished(), 0);
  // What a process that is gone has left.
  std::filesystem::copy_file("/proc/self/cmdline", folder_.path() + "/blobs/unfinished/1-1-1");
  sweep();
  EXPECT_EQ(unfinished(), 0);
  EXPECT_TRUE(blobs_->list()->empty());
}

INSTANTIATE_TEST_SUITE_P(Files, FileBlobsTest, testing::Values("files"));

}  // namespace
}  // namespace perdure::engine

#include "api/aws/aws_chunked.h"

#include <gtest/gtest.h>

namespace perdure::api {
namespace {

class Gathered final : public AwsChunks {
 public:
  std::string text;

 private:
  Result<> data(std::string_view piece) override {
    text += piece;
    return {};
  }
};

constexpr std::string_view body =
    "5;chunk-signature=abc\r\nhello\r\nA\r\n 123456789\r\n0\r\n"
    "x-amz-checksum-crc32: AAAAAA==\r\nx-amz-trailer-signature:def\r\n\r\n";

TEST(AwsChunks, AreTakenApartWhateverThePieces) {
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, size_t{1000}}) {
    Gathered chunks;
    for (size_t at = 0; at < body.size(); at += piece) {
      EXPECT_FALSE(chunks.finished());
      EXPECT_TRUE(chunks.feed(body.substr(at, piece)));
    }
    EXPECT_EQ(chunks.text, "hello 123456789");
    EXPECT_TRUE(chunks.finished());
    EXPECT_EQ(chunks.trailers().get("X-Amz-Checksum-CRC32"), "AAAAAA==");
  }
}

TEST(AwsChunks, ABrokenFrameIsRefused) {
  for (const char* wrong : {"x\r\n", "-1\r\n", "5\r\nhello!", "0\r\nno colon\r\n", "0\r\n\r\nmore",
                            "FFFFFFFFFFFFFFFFF\r\n"}) {
    Gathered chunks;
    const auto fed = chunks.feed(wrong);
    EXPECT_TRUE(!fed || !chunks.feed("\r\n")) << wrong;
  }
  Gathered endless;
  EXPECT_FALSE(endless.feed(std::string(5'000, '1')));
}

}  // namespace
}  // namespace perdure::api

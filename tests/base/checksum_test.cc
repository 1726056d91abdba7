#include "base/checksum.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace perdure {
namespace {

std::string of(std::string_view algorithm, std::string_view text, size_t piece = SIZE_MAX) {
  const auto checksum = make_checksum(algorithm);
  while (!text.empty()) {
    checksum->update(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
  }
  return checksum->finish();
}

TEST(Checksum, HasThePublishedValuesOfTheCheckText) {
  constexpr std::string_view check = "123456789";
  EXPECT_EQ(hex(of("CRC32", check)), "cbf43926");
  EXPECT_EQ(hex(of("CRC32C", check)), "e3069283");
  EXPECT_EQ(hex(of("CRC64NVME", check)), "ae8b14860a799888");
  EXPECT_EQ(hex(of("MD5", check)), *digest_hex("MD5", check));
  EXPECT_EQ(hex(of("SHA1", check)), *digest_hex("SHA-1", check));
  EXPECT_EQ(hex(of("SHA256", check)), *digest_hex("SHA-256", check));
  EXPECT_EQ(make_checksum("CRC16"), nullptr);
}

TEST(Checksum, DoesNotDependOnThePieces) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i * 7919);
  for (const char* algorithm : {"CRC32", "CRC32C", "CRC64NVME", "SHA256"}) {
    const std::string whole = of(algorithm, text);
    for (size_t piece : {1, 7, 8, 9, 100}) EXPECT_EQ(of(algorithm, text, piece), whole) << piece;
  }
}

TEST(Checksum, CombinesCrcs) {
  const std::string first(1000, 'a'), second = "the rest" + std::string(77, '\0');
  for (const char* algorithm : {"CRC32", "CRC32C", "CRC64NVME"}) {
    EXPECT_EQ(combine_crcs(algorithm, of(algorithm, first), of(algorithm, second), second.size()),
              of(algorithm, first + second));
    EXPECT_EQ(combine_crcs(algorithm, of(algorithm, first), of(algorithm, ""), 0),
              of(algorithm, first));
  }
}

TEST(Checksum, ACrc32cGoesOnWhereItEnded) {
  EXPECT_EQ(crc32c(0, "123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(crc32c(crc32c(0, "1234"), ""), "56789"), 0xe3069283u);
  EXPECT_EQ(crc32c(0, ""), 0u);
}

}  // namespace
}  // namespace perdure

#pragma once
// Digests and check sums over content that comes in pieces.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace perdure {

class Checksum {
 public:
  virtual ~Checksum() = default;
  virtual void update(std::string_view piece) = 0;
  virtual std::string finish() = 0;  // once: the bytes, the most significant first
};

// "MD5", "SHA1", "SHA256", "CRC32", "CRC32C", "CRC64NVME"; null for another name.
std::unique_ptr<Checksum> make_checksum(std::string_view algorithm);

// The CRC32C of a text that begins with what had the CRC32C `before` (0: nothing) and ends with the
// piece.
uint32_t crc32c(uint32_t before, std::string_view piece);

// The CRC of two pieces put together, from that of each and the second one's length in bytes. All
// three have 4 or 8 bytes as `finish` gives them; `algorithm` is one of the CRCs.
std::string combine_crcs(std::string_view algorithm, std::string_view first,
                         std::string_view second, uint64_t second_bytes);

}  // namespace perdure

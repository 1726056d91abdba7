#include "base/checksum.h"

#include <openssl/evp.h>

#include <array>
#include <bit>
#include <cstring>

#include "base/result.h"

namespace perdure {
namespace {

class EvpChecksum final : public Checksum {
 public:
  explicit EvpChecksum(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
    PD_ASSERT(context_ && EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1);
  }
  void update(std::string_view piece) override {
    PD_ASSERT(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1);
  }
  std::string finish() override {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    PD_ASSERT(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1);
    return {reinterpret_cast<const char*>(digest.data()), size};
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

// Reflected CRCs with all bits set before and inverted after, which all three are. Eight bytes a
// step ("slicing by eight"): table k has the effect of a byte that k bytes follow.
template <class Word, Word polynomial>
class Crc final : public Checksum {
 public:
  void update(std::string_view piece) override { crc_ = advanced(crc_, piece); }
  std::string finish() override { return bytes(Word(~crc_)); }

  // The inverted CRC after one more piece.
  static Word advanced(Word crc, std::string_view piece) {
    const char* at = piece.data();
    size_t left = piece.size();
    for (; left >= 8; left -= 8, at += 8) {
      uint64_t word = 0;
      std::memcpy(&word, at, 8);
      word ^= crc;
      Word next = 0;
      for (size_t k = 0; k < 8; ++k) next ^= tables[7 - k][word >> (8 * k) & 255];
      crc = next;
    }
    for (; left > 0; --left, ++at) crc = Word(crc >> 8) ^ tables[0][(crc ^ uint8_t(*at)) & 255];
    return crc;
  }

  static std::string bytes(Word value) {
    std::string text;
    for (size_t k = sizeof(Word); k-- > 0;) text.push_back(char(value >> (8 * k) & 255));
    return text;
  }
  static Word word(std::string_view text) {
    Word value = 0;
    for (const char c : text) value = Word(value << 8) | uint8_t(c);
    return value;
  }

  // A CRC is a polynomial over two elements; `count` more bytes multiply it by x^(8 count).
  static Word shifted(Word crc, uint64_t count) {
    Word factor = top >> 8;  // x^8: the highest power has the lowest bit
    for (; count > 0; count >>= 1) {
      if (count & 1) crc = product(factor, crc);
      factor = product(factor, factor);
    }
    return crc;
  }

 private:
  static_assert(std::endian::native == std::endian::little);
  static constexpr Word top = Word(1) << (8 * sizeof(Word) - 1);
  using Tables = std::array<std::array<Word, 256>, 8>;

  static constexpr Word divided(Word value) {  // by x
    return value & 1 ? Word(value >> 1) ^ polynomial : Word(value >> 1);
  }
  static Word product(Word a, Word b) {
    Word sum = 0;
    for (Word bit = top; bit != 0; bit >>= 1) {
      if (a & bit) sum ^= b;
      b = divided(b);
    }
    return sum;
  }
  static constexpr Tables make_tables() {
    Tables made{};
    for (size_t i = 0; i < 256; ++i) {
      Word value = Word(i);
      for (int k = 0; k < 8; ++k) value = divided(value);
      made[0][i] = value;
    }
    for (size_t k = 1; k < 8; ++k) {
      for (size_t i = 0; i < 256; ++i) {
        made[k][i] = Word(made[k - 1][i] >> 8) ^ made[0][made[k - 1][i] & 255];
      }
    }
    return made;
  }
  static constexpr Tables tables = make_tables();

  Word crc_ = Word(~Word(0));
};

using Crc32 = Crc<uint32_t, 0xEDB88320>;
using Crc32c = Crc<uint32_t, 0x82F63B78>;
using Crc64Nvme = Crc<uint64_t, 0x9A6C9329AC4BC9B5>;

template <class Kind>
std::string combine(std::string_view first, std::string_view second, uint64_t second_bytes) {
  return Kind::bytes(Kind::shifted(Kind::word(first), second_bytes) ^ Kind::word(second));
}

}  // namespace

std::unique_ptr<Checksum> make_checksum(std::string_view algorithm) {
  if (algorithm == "MD5") return std::make_unique<EvpChecksum>(EVP_md5());
  if (algorithm == "SHA1") return std::make_unique<EvpChecksum>(EVP_sha1());
  if (algorithm == "SHA256") return std::make_unique<EvpChecksum>(EVP_sha256());
  if (algorithm == "CRC32") return std::make_unique<Crc32>();
  if (algorithm == "CRC32C") return std::make_unique<Crc32c>();
  if (algorithm == "CRC64NVME") return std::make_unique<Crc64Nvme>();
  return nullptr;
}

uint32_t crc32c(uint32_t before, std::string_view piece) {
  return ~Crc32c::advanced(~before, piece);
}

std::string combine_crcs(std::string_view algorithm, std::string_view first,
                         std::string_view second, uint64_t second_bytes) {
  if (algorithm == "CRC32") return combine<Crc32>(first, second, second_bytes);
  if (algorithm == "CRC32C") return combine<Crc32c>(first, second, second_bytes);
  PD_ASSERT(algorithm == "CRC64NVME");
  return combine<Crc64Nvme>(first, second, second_bytes);
}

}  // namespace perdure

#include "base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/result.h"

namespace perdure {
namespace {

// Fetching an algorithm takes locks and costs more than hashing a short text: it is done once.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  PD_ASSERT(algorithm != nullptr);
  return algorithm;
}

const EVP_MD* algorithm_named(std::string_view name) {
  if (name == "MD5") return EVP_md5();
  if (name == "SHA-1") return EVP_sha1();
  if (name == "SHA-256") return sha256_algorithm();
  if (name == "SHA-384") return EVP_sha384();
  if (name == "SHA-512") return EVP_sha512();
  return nullptr;
}

constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr uint8_t not_a_digit = 255;
using DigitTable = std::array<uint8_t, 256>;

constexpr DigitTable digits_of(std::string_view alphabet) {
  DigitTable table{};
  table.fill(not_a_digit);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
  }
  return table;
}
constexpr DigitTable standard_digits = digits_of(standard_alphabet);
constexpr DigitTable url_digits = digits_of(url_alphabet);

std::string encode(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<uint8_t>(bytes[i + k]) : 0);
    }
    for (size_t k = 0; k <= count; ++k) text.push_back(alphabet[group >> (18 - 6 * k) & 63]);
    if (padded) text.append(3 - count, '=');
  }
  return text;
}

// Padding may be absent, but where it stands it must fill the last group.
std::optional<std::string_view> without_padding(std::string_view text) {
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  if (padding > 0 && text.size() % 4 != 0) return std::nullopt;
  text.remove_suffix(padding);
  if (text.size() % 4 == 1) return std::nullopt;
  return text;
}

std::optional<std::string> decode(std::string_view padded_text, const DigitTable& digits) {
  const auto text = without_padding(padded_text);
  if (!text) return std::nullopt;
  std::string bytes;
  bytes.reserve(text->size() * 3 / 4);
  uint32_t group = 0;
  int bits = 0;
  for (const char c : *text) {
    const uint8_t digit = digits[static_cast<uint8_t>(c)];
    if (digit == not_a_digit) return std::nullopt;
    group = group << 6 | digit;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>(group >> bits & 255));
  }
  return bytes;
}

}  // namespace

Sha256 sha256(std::string_view data) {
  Sha256 digest;
  const int done =
      EVP_Digest(data.data(), data.size(), digest.data(), nullptr, sha256_algorithm(), nullptr);
  PD_ASSERT(done == 1);
  return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view data) {
  Sha256 digest;
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  const auto* done = HMAC(sha256_algorithm(), key.data(), static_cast<int>(key.size()), bytes,
                          data.size(), digest.data(), &size);
  PD_ASSERT(done != nullptr && size == digest.size());
  return digest;
}

std::optional<std::string> digest_hex(std::string_view algorithm, std::string_view data) {
  const EVP_MD* chosen = algorithm_named(algorithm);
  if (chosen == nullptr) return std::nullopt;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  const int done = EVP_Digest(data.data(), data.size(), digest.data(), &size, chosen, nullptr);
  PD_ASSERT(done == 1);
  return hex(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  char* to = text.data();
  for (const char c : bytes) {
    *to++ = digits[static_cast<uint8_t>(c) >> 4];
    *to++ = digits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

std::string base64_encode(std::string_view bytes) { return encode(bytes, standard_alphabet, true); }

std::optional<std::string> base64_decode(std::string_view text) {
  return decode(text, standard_digits);
}

std::string base64url_encode(std::string_view bytes) { return encode(bytes, url_alphabet, false); }

std::optional<std::string> base64url_decode(std::string_view text) {
  return decode(text, url_digits);
}

}  // namespace perdure

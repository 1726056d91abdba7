#pragma once
// Digests and encodings (OpenSSL underneath).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perdure {

using Sha256 = std::array<uint8_t, 32>;

Sha256 sha256(std::string_view data);
Sha256 hmac_sha256(std::string_view key, std::string_view data);
// `algorithm` is one of MD5, SHA-1, SHA-256, SHA-384, SHA-512; nothing for another name.
std::optional<std::string> digest_hex(std::string_view algorithm, std::string_view data);

std::string hex(std::string_view bytes);  // lower case
template <size_t N>
std::string hex(const std::array<uint8_t, N>& bytes) {
  return hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), N));
}

std::string base64_encode(std::string_view bytes);                // with padding
std::optional<std::string> base64_decode(std::string_view text);  // padding optional; else nothing
std::string base64url_encode(std::string_view bytes);             // without padding
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace perdure

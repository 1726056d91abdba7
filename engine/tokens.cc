#include "engine/tokens.h"

#include <algorithm>

#include "base/hash.h"
#include "engine/journal/varint.h"

namespace perdure::engine {
namespace {

constexpr char token_version = 1;
constexpr size_t mac_bytes = 16;

std::string mac_of(std::string_view body, std::string_view secret) {
  const Sha256 digest = hmac_sha256(secret, body);
  return std::string(reinterpret_cast<const char*>(digest.data()), mac_bytes);
}

// As long for equal texts as for different ones.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

// The key says the shard.
std::string mint_token(const TaskToken& token, std::string_view secret) {
  std::string body(1, token_version);
  const auto& key = token.execution.bytes;
  body.append(reinterpret_cast<const char*>(key.data()), key.size());
  journal::put_varint(body, static_cast<uint64_t>(token.scheduled));
  journal::put_varint(body, static_cast<uint64_t>(token.redrive_count));
  body += mac_of(body, secret);
  return base64url_encode(body);
}

std::optional<TaskToken> verify_token(std::string_view text, std::string_view secret) {
  const auto bytes = base64url_decode(text);
  if (!bytes || bytes->size() <= mac_bytes) return std::nullopt;
  const std::string_view body = std::string_view(*bytes).substr(0, bytes->size() - mac_bytes);
  if (!same(std::string_view(*bytes).substr(body.size()), mac_of(body, secret))) {
    return std::nullopt;
  }
  journal::ByteReader reader(body);
  if (reader.byte() != static_cast<uint8_t>(token_version)) return std::nullopt;
  TaskToken token;
  const std::string_view key = reader.bytes(token.execution.bytes.size());
  std::copy(key.begin(), key.end(), token.execution.bytes.begin());
  token.scheduled = static_cast<int64_t>(reader.varint());
  token.redrive_count = static_cast<int64_t>(reader.varint());
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return token;
}

Error invalid_token() { return invalid("InvalidToken", "Invalid Token: 'Invalid token'"); }

}  // namespace perdure::engine

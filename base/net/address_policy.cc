#include "base/net/address_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace perdure {
namespace {

using Bytes = std::array<uint8_t, 16>;

constexpr std::array loopback = {"127.0.0.0/8", "::1/128"};
constexpr std::array private_networks = {"10.0.0.0/8",    "172.16.0.0/12", "192.168.0.0/16",
                                         "100.64.0.0/10", "198.18.0.0/15", "fc00::/7"};
// Link-local (AWS's, Google's and Azure's metadata services live there), AWS's over IPv6,
// Alibaba's, Azure's wire server, and what names no host.
constexpr std::array never = {"169.254.0.0/16",   "fe80::/10",          "fec0::/10",
                              "fd00:ec2::/32",    "100.100.100.200/32", "0.0.0.0/8",
                              "192.0.0.0/24",     "224.0.0.0/4",        "240.0.0.0/4",
                              "168.63.129.16/32", "ff00::/8",           "::/128"};

Bytes mapped(const uint8_t* v4) {
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + 12, v4, 4);
  return bytes;
}

// Forms of IPv6 that lead to an IPv4 address: compatible, translated (RFC 6052), 6to4.
Bytes plain(const Bytes& bytes) {
  constexpr std::array<uint8_t, 12> translated = {0, 0x64, 0xff, 0x9b};
  constexpr std::array<uint8_t, 12> compatible = {};
  const bool zero_or_one = bytes[12] == 0 && bytes[13] == 0 && bytes[14] == 0;
  if (std::equal(translated.begin(), translated.end(), bytes.begin())) return mapped(&bytes[12]);
  if (std::equal(compatible.begin(), compatible.end(), bytes.begin()) && !zero_or_one) {
    return mapped(&bytes[12]);
  }
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return mapped(&bytes[2]);
  return bytes;
}

}  // namespace

std::optional<AddressPolicy::Network> AddressPolicy::network(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Network network;
  uint8_t v4[4];
  int width = 128;
  if (inet_pton(AF_INET, address.c_str(), v4) == 1) {
    network.bytes = mapped(v4);
    width = 32;
  } else if (inet_pton(AF_INET6, address.c_str(), network.bytes.data()) != 1) {
    return std::nullopt;
  }
  if (slash == text.npos) return network;
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (failure != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > width) {
    return std::nullopt;
  }
  network.bits = bits + 128 - width;
  return network;
}

bool AddressPolicy::contains(const Network& network, const Bytes& address) {
  for (int bit = 0; bit < network.bits; ++bit) {
    const uint8_t mask = uint8_t(0x80u >> (bit % 8));
    if ((network.bytes[size_t(bit) / 8] ^ address[size_t(bit) / 8]) & mask) return false;
  }
  return true;
}

template <size_t n>
bool AddressPolicy::any_of(const std::array<const char*, n>& networks, const Bytes& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const char* text) { return contains(*network(text), address); });
}

Result<AddressPolicy> AddressPolicy::parse(const std::vector<std::string>& reachable) {
  AddressPolicy policy;
  for (const std::string& word : reachable) {
    if (word == "loopback") {
      for (const char* text : loopback) policy.reachable_.push_back(*network(text));
    } else if (word == "private") {
      for (const char* text : private_networks) policy.reachable_.push_back(*network(text));
    } else if (const auto one = network(word)) {
      policy.reachable_.push_back(*one);
    } else {
      return invalid("InvalidNetwork",
                     "not 'loopback', 'private', an address or a network: " + word);
    }
  }
  return policy;
}

std::optional<std::string> AddressPolicy::refusal(std::span<const uint8_t> address) const {
  Bytes bytes{};
  if (address.size() == 4) {
    bytes = mapped(address.data());
  } else {
    PD_ASSERT(address.size() == bytes.size());
    std::copy(address.begin(), address.end(), bytes.begin());
    bytes = plain(bytes);
  }
  if (any_of(never, bytes)) return "link-local, metadata and multicast addresses are never reached";
  const bool is_loopback = any_of(loopback, bytes);
  if (!is_loopback && !any_of(private_networks, bytes)) return std::nullopt;
  const bool listed = std::any_of(reachable_.begin(), reachable_.end(),
                                  [&](const Network& one) { return contains(one, bytes); });
  if (listed) return std::nullopt;
  return std::string(is_loopback ? "loopback" : "private") +
         " addresses are not among those that "
         "this server is set to reach";
}

}  // namespace perdure

#pragma once
// Which addresses a request on behalf of a user may go to. It is asked after the name has been
// resolved, so that no name leads where its address would be refused.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace perdure {

class AddressPolicy {
 public:
  // Public addresses and nothing else.
  AddressPolicy() = default;

  // What may be reached beside public addresses: "loopback", "private" (of RFC 1918, RFC 6598 and
  // RFC 4193), an address, or a network as "10.1.0.0/16". Link-local addresses, those of cloud
  // metadata services, and what is no host's address (multicast, 0.0.0.0) are never reached.
  static Result<AddressPolicy> parse(const std::vector<std::string>& reachable);

  // Why this address (4 or 16 bytes, network order) is not reached; nothing if it is.
  std::optional<std::string> refusal(std::span<const uint8_t> address) const;

 private:
  struct Network {
    std::array<uint8_t, 16> bytes{};  // IPv4 as ::ffff:a.b.c.d
    int bits = 128;
  };
  static std::optional<Network> network(std::string_view text);
  static bool contains(const Network& network, const std::array<uint8_t, 16>& address);
  template <size_t n>
  static bool any_of(const std::array<const char*, n>& networks,
                     const std::array<uint8_t, 16>& address);

  std::vector<Network> reachable_;
};

}  // namespace perdure

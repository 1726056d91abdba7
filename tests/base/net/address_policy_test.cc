#include "base/net/address_policy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace perdure {
namespace {

bool reached(const AddressPolicy& policy, const char* text) {
  uint8_t bytes[16];
  const bool v4 = inet_pton(AF_INET, text, bytes) == 1;
  if (!v4) {
    EXPECT_EQ(inet_pton(AF_INET6, text, bytes), 1) << text;
  }
  return !policy.refusal({bytes, size_t(v4 ? 4 : 16)});
}

TEST(AddressPolicy, public_addresses_are_reached_and_inner_ones_only_if_listed) {
  const AddressPolicy nothing;
  const auto loopback = *AddressPolicy::parse({"loopback"});
  const auto inner = *AddressPolicy::parse({"private"});
  const auto network = *AddressPolicy::parse({"10.1.0.0/16", "fd12::1"});
  for (const char* address : {"93.184.216.34", "8.8.8.8", "2606:4700::1111"}) {
    EXPECT_TRUE(reached(nothing, address)) << address;
  }
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(reached(nothing, address)) << address;
    EXPECT_TRUE(reached(loopback, address)) << address;
    EXPECT_FALSE(reached(inner, address)) << address;
  }
  for (const char* address : {"10.0.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd12::1",
                              "64:ff9b::10.1.1.1", "2002:0a01:0101::1", "::10.1.1.1"}) {
    EXPECT_FALSE(reached(nothing, address)) << address;
    EXPECT_FALSE(reached(loopback, address)) << address;
    EXPECT_TRUE(reached(inner, address)) << address;
  }
  EXPECT_TRUE(reached(network, "10.1.2.3"));
  EXPECT_FALSE(reached(network, "10.2.0.1"));
  EXPECT_TRUE(reached(network, "fd12::1"));
  EXPECT_FALSE(reached(network, "fd12::2"));
}

TEST(AddressPolicy, link_local_and_metadata_addresses_are_never_reached) {
  const auto all = *AddressPolicy::parse({"loopback", "private", "0.0.0.0/0", "::/0"});
  for (const char* address :
       {"169.254.169.254", "169.254.0.1", "fe80::1", "fd00:ec2::254", "100.100.100.200",
        "168.63.129.16", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1",
        "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::"}) {
    EXPECT_FALSE(reached(all, address)) << address;
  }
}

TEST(AddressPolicy, refuses_words_that_are_no_network) {
  for (const char* wrong : {"", "all", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0/8", "a/8",
                            "10.0.0.0/-1", "1.2.3.4/8x"}) {
    EXPECT_FALSE(AddressPolicy::parse({wrong})) << wrong;
  }
}

}  // namespace
}  // namespace perdure

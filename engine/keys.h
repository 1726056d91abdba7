#pragma once
// Names of things that last. Every key starts with (account, region).

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace perdure::engine {

struct Tenant {
  std::string account = "000000000000";
  std::string region = "us-east-1";
  auto operator<=>(const Tenant&) const = default;
};

using ShardId = uint8_t;  // for ever 256 shards, mapped onto threads

// Names an actor in the store: the first 16 bytes of SHA-256(ARN). Where the ARN ends in a UUID
// that tells its moment (base/ids.h), that takes the place of the first six: keys that grow with
// time are written side by side, those that are hashes all over an index. The last byte is the
// shard.
struct ActorKey {
  std::array<uint8_t, 16> bytes{};
  ShardId shard() const { return bytes[15]; }
  auto operator<=>(const ActorKey&) const = default;
};
ActorKey actor_key(std::string_view arn);

// arn:aws:SERVICE:REGION:ACCOUNT:REST taken apart; empty parts where the text has none.
struct Arn {
  std::string service, region, account, rest;
};
Arn parse_arn(std::string_view arn);  // service empty: not an ARN

// "arn:aws:states:R:A:stateMachine:NAME", "...:activity:NAME", "...:execution:MACHINE:NAME",
// "...:express:MACHINE:NAME:UUID".
std::string state_machine_arn(const Tenant& tenant, std::string_view name);
std::string activity_arn(const Tenant& tenant, std::string_view name);
std::string execution_arn(const Tenant& tenant, std::string_view machine, std::string_view name);
std::string express_arn(const Tenant& tenant, std::string_view machine, std::string_view name,
                        std::string_view uuid);

}  // namespace perdure::engine

template <>
struct std::hash<perdure::engine::ActorKey> {
  size_t operator()(const perdure::engine::ActorKey& key) const noexcept {
    size_t h;
    __builtin_memcpy(&h, key.bytes.data() + 8, sizeof h);
    return h;
  }
};

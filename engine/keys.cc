#include "engine/keys.h"

#include <algorithm>

#include "base/hash.h"
#include "base/ids.h"

namespace perdure::engine {
namespace {

constexpr size_t uuid_length = 36;
constexpr size_t time_bytes = 6;

}  // namespace

ActorKey actor_key(std::string_view arn) {
  const Sha256 digest = sha256(arn);
  ActorKey key;
  std::copy_n(digest.begin(), key.bytes.size(), key.bytes.begin());
  if (arn.size() < uuid_length) return key;
  if (const auto moment_ms = time_of_uuid(arn.substr(arn.size() - uuid_length))) {
    for (size_t i = 0; i < time_bytes; ++i) {
      key.bytes[i] = static_cast<uint8_t>(*moment_ms >> (8 * (time_bytes - 1 - i)));
    }
  }
  return key;
}

Arn parse_arn(std::string_view arn) {
  constexpr std::string_view prefix = "arn:aws:";
  if (!arn.starts_with(prefix)) return {};
  arn.remove_prefix(prefix.size());
  Arn parsed;
  for (std::string* part : {&parsed.service, &parsed.region, &parsed.account}) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    *part = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  parsed.rest = arn;
  return parsed;
}

namespace {

std::string states_arn(const Tenant& tenant, std::string_view type, std::string_view rest) {
  std::string arn = "arn:aws:states:" + tenant.region + ":" + tenant.account + ":";
  return arn.append(type).append(":").append(rest);
}

}  // namespace

std::string state_machine_arn(const Tenant& tenant, std::string_view name) {
  return states_arn(tenant, "stateMachine", name);
}

std::string activity_arn(const Tenant& tenant, std::string_view name) {
  return states_arn(tenant, "activity", name);
}

std::string execution_arn(const Tenant& tenant, std::string_view machine, std::string_view name) {
  return states_arn(tenant, "execution", std::string(machine).append(":").append(name));
}

std::string express_arn(const Tenant& tenant, std::string_view machine, std::string_view name,
                        std::string_view uuid) {
  return states_arn(tenant, "express",
                    std::string(machine).append(":").append(name).append(":").append(uuid));
}

}  // namespace perdure::engine

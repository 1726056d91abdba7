#pragma once
// How strongly workers are kept apart from this machine and from each other (docs/sandbox.md).

#include <cstdint>
#include <optional>
#include <string_view>

namespace perdure::executors::sandbox {

// In order of strength. The numbers travel in the spawner's protocol.
enum class Level : uint8_t {
  none = 0,  // limits of resources only
  c = 1,     // Landlock and seccomp
  b = 2,     // a root file system and namespaces of its own
  a = 3,     // these, and cgroups and a user of its own; needs root
};

std::string_view name_of(Level level);  // "A", "B", "C", "none"
std::optional<Level> level_named(std::string_view name);

// Users that only workers have at level A, one for each: what runs as one of them is a worker.
inline constexpr uint32_t first_worker_uid = 0x70000000;
inline constexpr uint32_t worker_uids = 1 << 24;
inline bool is_worker_uid(uint32_t uid) { return uid - first_worker_uid < worker_uids; }

}  // namespace perdure::executors::sandbox

#include "executors/functions/sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace perdure::executors::sandbox {
namespace {

// As the kernel has it today; the headers of older systems lack the later members.
struct RulesetAttributes {
  uint64_t handled_access_fs = 0;
  uint64_t handled_access_net = 0;
  uint64_t scoped = 0;
};

struct PathAttributes {
  uint64_t allowed_access = 0;
  int32_t parent_fd = -1;
} __attribute__((packed));

constexpr uint64_t fs_refer = 1ull << 13;                          // ABI 2
constexpr uint64_t fs_truncate = 1ull << 14;                       // ABI 3
constexpr uint64_t fs_ioctl_device = 1ull << 15;                   // ABI 5
constexpr uint64_t scope_abstract_sockets = 1, scope_signals = 2;  // ABI 6

uint64_t known_accesses(int abi) {
  uint64_t all = (1ull << 13) - 1;
  if (abi >= 2) all |= fs_refer;
  if (abi >= 3) all |= fs_truncate;
  if (abi >= 5) all |= fs_ioctl_device;
  return all;
}

uint64_t accesses_of(PathRule::Use use, int abi) {
  constexpr uint64_t read =
      LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  uint64_t wanted = read;
  if (use == PathRule::Use::everything) wanted = ~0ull;
  if (use == PathRule::Use::device) {
    wanted = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
             LANDLOCK_ACCESS_FS_WRITE_FILE | fs_truncate | fs_ioctl_device;
  }
  return wanted & known_accesses(abi);
}

// What a rule may grant for something that is no folder.
constexpr uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                              LANDLOCK_ACCESS_FS_WRITE_FILE | fs_truncate | fs_ioctl_device;

}  // namespace

int landlock_abi() {
  const long abi =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

void add_landlock(std::vector<Call>& calls, int abi, const std::vector<PathRule>& rules) {
  RulesetAttributes attributes;
  attributes.handled_access_fs = known_accesses(abi);
  if (abi >= 6) attributes.scoped = scope_abstract_sockets | scope_signals;
  const size_t size = abi >= 6 ? sizeof attributes : abi >= 4 ? 16 : 8;
  const size_t ruleset = calls.size();
  calls.push_back({"make a Landlock ruleset",
                   SYS_landlock_create_ruleset,
                   {bytes_of(&attributes, size), value(static_cast<int64_t>(size)), value(0)}});
  for (const PathRule& rule : rules) {
    const auto opened = static_cast<int32_t>(calls.size());
    calls.push_back({"open " + rule.path,
                     SYS_openat,
                     {value(AT_FDCWD), text(rule.path), value(O_PATH | O_CLOEXEC)},
                     rule.may_be_missing});
    // Refused for files where it names what only folders have; then the narrower one is.
    for (const uint64_t mask : {~uint64_t{0}, uint64_t{of_files}}) {
      const PathAttributes path{.allowed_access = accesses_of(rule.use, abi) & mask};
      calls.push_back(
          {"allow " + rule.path,
           SYS_landlock_add_rule,
           {result_of(ruleset), value(LANDLOCK_RULE_PATH_BENEATH),
            bytes_of(&path, sizeof path,
                     {{.offset = offsetof(PathAttributes, parent_fd), .result_of = opened}}),
            value(0)},
           true});
    }
    calls.push_back({"close", SYS_close, {result_of(static_cast<size_t>(opened))}, true});
  }
  calls.push_back(
      {"enter the Landlock domain", SYS_landlock_restrict_self, {result_of(ruleset), value(0)}});
  calls.push_back({"close", SYS_close, {result_of(ruleset)}, true});
}

}  // namespace perdure::executors::sandbox

#include "executors/functions/sandbox/seccomp_filter.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstring>
#include <vector>

namespace perdure::executors::sandbox {
namespace {

// What the kernel would do: the few instructions that filters of ours are made of.
class Verdicts {
 public:
  explicit Verdicts(bool network, MayChroot chroot = MayChroot::no) {
    const std::string bytes = seccomp_filter(network, chroot);
    code_.resize(bytes.size() / sizeof(sock_filter));
    std::memcpy(code_.data(), bytes.data(), bytes.size());
  }

  uint32_t of(long call, std::vector<uint64_t> arguments = {}) const {
    seccomp_data data{};
    data.nr = static_cast<int>(call);
#if defined(__x86_64__)
    data.arch = AUDIT_ARCH_X86_64;
#else
    data.arch = AUDIT_ARCH_AARCH64;
#endif
    std::copy(arguments.begin(), arguments.end(), data.args);
    return run(data);
  }

  uint32_t run(const seccomp_data& data) const {
    uint32_t loaded = 0;
    for (size_t at = 0; at < code_.size(); ++at) {
      const sock_filter& step = code_[at];
      const uint16_t kind = step.code & 0x07;
      if (kind == BPF_RET) return step.k;
      if (kind == BPF_LD) {
        std::memcpy(&loaded, reinterpret_cast<const char*>(&data) + step.k, sizeof loaded);
        continue;
      }
      bool yes = loaded == step.k;
      if ((step.code & 0xf0) == BPF_JGE) yes = loaded >= step.k;
      if ((step.code & 0xf0) == BPF_JSET) yes = (loaded & step.k) != 0;
      at += yes ? step.jt : step.jf;
    }
    ADD_FAILURE() << "the filter has no answer";
    return 0;
  }

 private:
  std::vector<sock_filter> code_;
};

constexpr uint32_t allowed = SECCOMP_RET_ALLOW;
constexpr uint32_t refused = SECCOMP_RET_ERRNO | EPERM;
constexpr uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

TEST(SeccompFilterTest, WhatProgramsNeedIsAllowed) {
  const Verdicts verdicts(true);
  for (long call : {SYS_read, SYS_openat, SYS_execve, SYS_futex, SYS_mmap, SYS_kill, SYS_prctl,
                    SYS_wait4, SYS_connect, SYS_bind, SYS_setresuid, SYS_getrandom}) {
    EXPECT_EQ(verdicts.of(call), allowed) << call;
  }
  EXPECT_EQ(verdicts.of(SYS_clone, {CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | SIGCHLD}), allowed);
  EXPECT_EQ(verdicts.of(SYS_ioctl, {1, TCGETS}), allowed);
}

TEST(SeccompFilterTest, WhatChangesMachineOrSandboxIsRefused) {
  const Verdicts verdicts(true);
  for (long call : {SYS_mount, SYS_umount2, SYS_ptrace, SYS_unshare, SYS_setns, SYS_bpf, SYS_keyctl,
                    SYS_process_vm_readv, SYS_reboot, SYS_perf_event_open, SYS_chroot,
                    SYS_pivot_root, SYS_init_module, SYS_open_by_handle_at, 442, 429, 467}) {
    EXPECT_EQ(verdicts.of(call), refused) << call;
  }
  for (uint64_t flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET}) {
    EXPECT_EQ(verdicts.of(SYS_clone, {flag | SIGCHLD}), refused);
  }
  EXPECT_EQ(verdicts.of(SYS_ioctl, {0, TIOCSTI}), refused);
  // The upper half of a word does not hide the lower.
  EXPECT_EQ(verdicts.of(SYS_ioctl, {0, (1ull << 32) | TIOCSTI}), refused);
}

TEST(SeccompFilterTest, OnlyWhatForksWorkersMayChangeItsRoot) {
  const Verdicts verdicts(true, MayChroot::yes);
  EXPECT_EQ(verdicts.of(SYS_chroot), allowed);
  EXPECT_EQ(verdicts.of(SYS_pivot_root), refused);
  EXPECT_EQ(verdicts.of(SYS_setns), refused);
}

TEST(SeccompFilterTest, WhatItDoesNotKnowIsNotThere) {
  const Verdicts verdicts(true);
  for (long call : {425l, 426l, 427l, 435l, 471l, 500l, 0x40000000l | SYS_read}) {
    EXPECT_EQ(verdicts.of(call), unknown) << call;
  }
  seccomp_data foreign{};
  foreign.arch = AUDIT_ARCH_I386;
  EXPECT_EQ(verdicts.run(foreign), uint32_t{SECCOMP_RET_KILL_PROCESS});
}

TEST(SeccompFilterTest, SocketsAreThoseOfTheNetworkItHas) {
  const Verdicts open(true), closed(false);
  for (uint64_t family : {AF_INET, AF_INET6}) {
    EXPECT_EQ(open.of(SYS_socket, {family, SOCK_STREAM, 0}), allowed);
    EXPECT_NE(closed.of(SYS_socket, {family, SOCK_STREAM, 0}), allowed);
  }
  EXPECT_EQ(closed.of(SYS_socket, {AF_UNIX, SOCK_STREAM, 0}), allowed);
  EXPECT_EQ(open.of(SYS_socket, {AF_NETLINK, SOCK_RAW, 0}), allowed);
  EXPECT_NE(open.of(SYS_socket, {AF_NETLINK, SOCK_RAW, 9}), allowed);
  for (uint64_t family : {AF_PACKET, AF_VSOCK, AF_ALG}) {
    EXPECT_NE(open.of(SYS_socket, {family, SOCK_RAW, 0}), allowed);
  }
}

}  // namespace
}  // namespace perdure::executors::sandbox

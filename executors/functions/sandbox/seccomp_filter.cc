#include "executors/functions/sandbox/seccomp_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace perdure::executors::sandbox {
namespace {

#if defined(__x86_64__)
constexpr uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
#error "no seccomp filter for this architecture"
#endif

// Numbers are the same on all architectures from 424 on; older headers lack some names.
constexpr uint32_t nr_clone3 = 435, nr_newest = 470;
constexpr uint32_t nr_io_uring_first = 425, nr_io_uring_last = 427;
constexpr uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
constexpr uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;
constexpr uint32_t new_namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                                    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

constexpr uint32_t refused[] = {
    // Mounts and namespaces.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, 428 /* open_tree */,
    429 /* move_mount */, 430 /* fsopen */, 431 /* fsconfig */, 432 /* fsmount */, 433 /* fspick */,
    442 /* mount_setattr */, 467 /* open_tree_attr */,
    // Other processes.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, 438 /* pidfd_getfd */,
    440 /* process_madvise */, 448 /* process_mrelease */,
    // The kernel and the machine.
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_init_module, SYS_finit_module,
    SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_reboot, SYS_swapon, SYS_swapoff,
    SYS_acct, SYS_syslog, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex,
    SYS_sethostname, SYS_setdomainname, SYS_quotactl, 443 /* quotactl_fd */, SYS_vhangup,
    SYS_personality, SYS_fanotify_init,
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_ustat, SYS_sysfs,
#endif
    // Keys and files by handle.
    SYS_add_key, SYS_request_key, SYS_keyctl, SYS_open_by_handle_at, SYS_name_to_handle_at};

class Filter {
 public:
  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
  void answer(uint32_t with) { add(BPF_RET | BPF_K, with); }
  // If what was loaded compares to `value` so, the filter answers.
  void if_equal(uint32_t value, uint32_t with) { test(BPF_JEQ, value, with, true); }
  void if_not_equal(uint32_t value, uint32_t with) { test(BPF_JEQ, value, with, false); }
  void if_at_least(uint32_t value, uint32_t with) { test(BPF_JGE, value, with, true); }
  void if_any_bit(uint32_t value, uint32_t with) { test(BPF_JSET, value, with, true); }
  // What is added until end() is for this call only.
  void begin(uint32_t call) {
    begun_ = code_.size();
    add(BPF_JMP | BPF_JEQ | BPF_K, call);
  }
  void end() {
    answer(SECCOMP_RET_ALLOW);
    code_[begun_].jf = static_cast<uint8_t>(code_.size() - begun_ - 1);
  }
  std::string bytes() const {
    return {reinterpret_cast<const char*>(code_.data()), code_.size() * sizeof(sock_filter)};
  }

 private:
  void add(int code, uint32_t k) { code_.push_back({static_cast<uint16_t>(code), 0, 0, k}); }
  void test(int comparison, uint32_t value, uint32_t with, bool wanted) {
    add(BPF_JMP | comparison | BPF_K, value);
    (wanted ? code_.back().jf : code_.back().jt) = 1;
    answer(with);
  }

  std::vector<sock_filter> code_;
  size_t begun_ = 0;
};

// The low half: all that is looked at here are ints.
constexpr size_t argument(int index) {
  return offsetof(seccomp_data, args) + 8 * static_cast<size_t>(index);
}

void add_sockets(Filter& filter, bool network) {
  constexpr uint32_t no_family = SECCOMP_RET_ERRNO | EAFNOSUPPORT;
  filter.begin(SYS_socket);
  filter.load(argument(0));
  filter.if_equal(AF_UNIX, SECCOMP_RET_ALLOW);
  if (!network) {
    filter.answer(SECCOMP_RET_ERRNO | EACCES);
  } else {
    filter.if_equal(AF_INET, SECCOMP_RET_ALLOW);
    filter.if_equal(AF_INET6, SECCOMP_RET_ALLOW);
    filter.if_not_equal(AF_NETLINK, no_family);
    filter.load(argument(2));
    filter.if_not_equal(0 /* NETLINK_ROUTE: the list of interfaces */, no_family);
  }
  filter.end();
}

}  // namespace

std::string seccomp_filter(bool network, MayChroot chroot) {
  Filter filter;
  filter.load(offsetof(seccomp_data, arch));
  filter.if_not_equal(architecture, SECCOMP_RET_KILL_PROCESS);
  filter.load(offsetof(seccomp_data, nr));
  filter.if_at_least(nr_newest + 1, unknown);  // those of x32, too
  filter.if_equal(nr_clone3, unknown);
  for (uint32_t call = nr_io_uring_first; call <= nr_io_uring_last; ++call) {
    filter.if_equal(call, unknown);
  }
  for (uint32_t call : refused) {
    if (call != SYS_chroot || chroot == MayChroot::no) filter.if_equal(call, refuse);
  }
  filter.begin(SYS_clone);
  filter.load(argument(0));
  filter.if_any_bit(new_namespaces, refuse);
  filter.end();
  filter.begin(SYS_ioctl);
  filter.load(argument(1));
  filter.if_equal(TIOCSTI, refuse);  // would type into a terminal
  filter.if_equal(TIOCLINUX, refuse);
  filter.end();
  add_sockets(filter, network);
  filter.answer(SECCOMP_RET_ALLOW);
  return filter.bytes();
}

}  // namespace perdure::executors::sandbox

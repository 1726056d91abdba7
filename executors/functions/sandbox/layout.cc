#include "executors/functions/sandbox/layout.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstring>
#include <set>

#include "executors/functions/sandbox/landlock.h"
#include "executors/functions/sandbox/seccomp_filter.h"

namespace perdure::executors::sandbox {
namespace {

// What mount_setattr(2) takes; older headers lack it.
struct MountAttributes {
  uint64_t set = 0, clear = 0, propagation = 0, user_namespace = 0;
};
constexpr long nr_mount_setattr = 442;
constexpr uint64_t read_only = 1, no_setuid = 2, no_devices = 4;

constexpr const char* old_root = "/.old";

// Appends calls to a list.
class Calls {
 public:
  explicit Calls(std::vector<Call>& list) : list_(list) {}

  void add(std::string name, long number, std::vector<Argument> arguments, bool may_fail = false) {
    list_.push_back({std::move(name), number, std::move(arguments), may_fail});
  }

  void write_file(const std::string& path, std::string_view content, int flags = O_WRONLY) {
    const size_t opened = list_.size();
    add("open " + path, SYS_openat,
        {value(AT_FDCWD), text(path), value(flags | O_CLOEXEC), value(0644)});
    add("write " + path, SYS_write,
        {result_of(opened), bytes_of(content.data(), content.size()),
         value(static_cast<int64_t>(content.size()))});
    add("close " + path, SYS_close, {result_of(opened)});
  }

  // With its parents, each once.
  void make_folder(const std::string& path) {
    if (path.size() < 2 || !made_.insert(path).second) return;
    make_folder(path.substr(0, path.rfind('/')));
    add("make " + path, SYS_mkdirat, {value(AT_FDCWD), text(path), value(0755)});
  }

  void link(const std::string& target, const std::string& path) {
    make_folder(path.substr(0, path.rfind('/')));
    add("link " + path, SYS_symlinkat, {text(target), value(AT_FDCWD), text(path)});
  }

  void mount(const char* type, const std::string& path, uint64_t flags, const std::string& data) {
    make_folder(path);
    add("mount " + path, SYS_mount,
        {text(type), text(path), text(type), value(static_cast<int64_t>(flags)), text(data)});
  }

  // Of the old root, read-only.
  void bind(const std::string& from, const std::string& to, bool folder, uint64_t attributes) {
    if (folder) {
      make_folder(to);
    } else {
      write_file(to, "", O_WRONLY | O_CREAT);
    }
    add("mount " + to, SYS_mount,
        {text(old_root + from), text(to), value(0), value(MS_BIND | MS_REC), value(0)});
    restrict(to, attributes, true);
  }

  void restrict(const std::string& path, uint64_t attributes, bool recursive) {
    const MountAttributes wanted{.set = attributes};
    add("restrict " + path, nr_mount_setattr,
        {value(AT_FDCWD), text(path), value(recursive ? AT_RECURSIVE : 0),
         bytes_of(&wanted, sizeof wanted), value(sizeof wanted)});
  }

 private:
  std::vector<Call>& list_;
  std::set<std::string> made_;
};

void join_cgroups(Calls& calls, const Box& box) {
  for (const std::string& file : box.cgroups) calls.write_file(file, "0");
}

void map_users(Calls& calls, const Box& box) {
  const auto line = [](uint32_t inner, uint32_t outer) {
    return std::to_string(inner) + " " + std::to_string(outer) + " 1";
  };
  calls.write_file("/proc/self/setgroups", "deny");
  calls.write_file("/proc/self/uid_map", line(inner_uid, box.uid));
  calls.write_file("/proc/self/gid_map", line(inner_gid, box.gid));
}

// An empty root, under which the old one is reached until it is let go.
void change_root(Calls& calls) {
  calls.add("keep mounts private", SYS_mount,
            {value(0), text("/"), value(0), value(MS_REC | MS_PRIVATE), value(0)});
  calls.add("mount a root", SYS_mount,
            {text("root"), text("/tmp"), text("tmpfs"), value(MS_NOSUID | MS_NODEV),
             text("mode=755,size=1m")});
  calls.add("make a place for the old root", SYS_mkdirat,
            {value(AT_FDCWD), text("/tmp/.old"), value(0700)});
  calls.add("pivot_root", SYS_pivot_root, {text("/tmp"), text("/tmp/.old")});
  calls.add("chdir", SYS_chdir, {text("/")});
}

void add_devices(Calls& calls) {
  calls.make_folder("/dev");
  for (const char* device :
       {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    calls.bind(device, device, false, no_setuid);
  }
  calls.link("/proc/self/fd", "/dev/fd");
  calls.link("/proc/self/fd/0", "/dev/stdin");
  calls.link("/proc/self/fd/1", "/dev/stdout");
  calls.link("/proc/self/fd/2", "/dev/stderr");
  calls.link("/tmp", "/dev/shm");  // semaphores of the C library
}

void add_names(Calls& calls, const Box& box) {
  const std::string uid = std::to_string(box.user_namespace ? inner_uid : box.worker_uid);
  const std::string gid = std::to_string(box.user_namespace ? inner_gid : box.worker_uid);
  calls.make_folder("/etc");
  calls.write_file("/etc/passwd",
                   "root:x:0:0:root:/:/usr/sbin/nologin\nsbx_user:x:" + uid + ":" + gid +
                       "::/tmp:/usr/sbin/nologin\n",
                   O_WRONLY | O_CREAT);
  calls.write_file("/etc/group", "root:x:0:\nsbx_user:x:" + gid + ":\n", O_WRONLY | O_CREAT);
}

// A network that is empty but for this machine's name for itself.
void add_loopback(Calls& calls, std::vector<Call>& list) {
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  const size_t opened = list.size();
  calls.add("open a socket", SYS_socket,
            {value(AF_INET), value(SOCK_DGRAM | SOCK_CLOEXEC), value(0)});
  calls.add("bring up the loopback", SYS_ioctl,
            {result_of(opened), value(SIOCSIFFLAGS), bytes_of(&loopback, sizeof loopback)});
  calls.add("close it", SYS_close, {result_of(opened)});
}

// The roots of workers are copies of this one, which have neither its /tmp nor each other.
void add_place_for_workers(Calls& calls) {
  calls.mount("tmpfs", workers_folder, MS_NOSUID | MS_NODEV, "mode=700,size=1m");
  for (const char* path : {"/tmp", workers_folder}) {
    calls.add(std::string("leave out of copies ") + path, SYS_mount,
              {value(0), text(path), value(0), value(MS_UNBINDABLE), value(0)});
  }
}

void build_root(Calls& calls, const Box& box, const Machine& machine) {
  constexpr uint64_t plain = read_only | no_setuid | no_devices;
  change_root(calls);
  for (const HostEntry& entry : machine.entries) {
    calls.make_folder(entry.path.substr(0, entry.path.rfind('/')));
    if (entry.kind == HostEntry::Kind::link) {
      calls.link(entry.source, entry.path);
    } else {
      calls.bind(entry.source, entry.path, entry.kind == HostEntry::Kind::folder, plain);
    }
  }
  for (const Bind& bind : box.binds) calls.bind(bind.from, bind.to, true, plain);
  for (const char* folder : {"/var/task", "/opt", "/var/lang", cache_folder, "/run"}) {
    calls.make_folder(folder);
  }
  calls.link("../run", "/var/run");
  calls.link("../tmp", "/var/tmp");
  add_names(calls, box);
  add_devices(calls);
  calls.mount("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  calls.mount("tmpfs", "/tmp", MS_NOSUID | MS_NODEV,
              "mode=1777,size=" + std::to_string(box.tmp_mib) + "m");
  if (box.forks) add_place_for_workers(calls);
  calls.add("let go of the old root", SYS_umount2, {text(old_root), value(MNT_DETACH)});
  calls.add("remove its place", SYS_unlinkat,
            {value(AT_FDCWD), text(old_root), value(AT_REMOVEDIR)});
  calls.restrict("/", read_only | no_setuid | no_devices, false);
  calls.add("set the host's name", SYS_sethostname, {text("function"), value(8)});
}

void limit_processes(Calls& calls, const Box& box) {
  const rlimit64 most{static_cast<rlim64_t>(box.max_processes),
                      static_cast<rlim64_t>(box.max_processes)};
  calls.add("limit the processes", SYS_prlimit64,
            {value(0), value(RLIMIT_NPROC), bytes_of(&most, sizeof most), value(0)}, true);
}

void become_worker_user(Calls& calls, const Box& box) {
  const int64_t uid = box.worker_uid;
  // The pipes that it prints to are its own, so that /dev/stdout can be opened.
  for (int fd : {1, 2})
    calls.add("own the output", SYS_fchown, {value(fd), value(uid), value(uid)});
  if (box.forks) {
    calls.add("keep capabilities", SYS_prctl,
              {value(PR_SET_KEEPCAPS), value(1), value(0), value(0), value(0)});
  }
  calls.add("leave all groups", SYS_setgroups, {value(0), value(0)});
  calls.add("setresgid", SYS_setresgid, {value(uid), value(uid), value(uid)});
  calls.add("setresuid", SYS_setresuid, {value(uid), value(uid), value(uid)});
}

void drop_capabilities(Calls& calls, bool but_chroot) {
  const __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const uint32_t left = but_chroot ? 1u << CAP_SYS_CHROOT : 0;
  const __user_cap_data_struct sets[2] = {
      {.effective = left, .permitted = left, .inheritable = left}, {}};
  calls.add("drop capabilities", SYS_capset,
            {bytes_of(&header, sizeof header), bytes_of(sets, sizeof sets)});
  if (!but_chroot) return;
  // So that its program has it too.
  calls.add("pass on chroot", SYS_prctl,
            {value(PR_CAP_AMBIENT), value(PR_CAP_AMBIENT_RAISE), value(CAP_SYS_CHROOT), value(0),
             value(0)});
}

void drop_privileges(Calls& calls, const Box& box) {
  calls.add("set no_new_privs", SYS_prctl,
            {value(PR_SET_NO_NEW_PRIVS), value(1), value(0), value(0), value(0)});
  // Root by name has no powers either; who has none already may not, and need not, say so.
  calls.add("make root powerless", SYS_prctl,
            {value(PR_SET_SECUREBITS), value(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED)}, true);
  drop_capabilities(calls, box.forks);
  // A change of user had closed its own /proc entry to it; a program that is started opens it
  // again, a forked interpreter does not.
  calls.add("open its entry", SYS_prctl,
            {value(PR_SET_DUMPABLE), value(1), value(0), value(0), value(0)});
}

std::vector<PathRule> rules_inside(const Box& box) {
  using Use = PathRule::Use;
  std::vector<PathRule> rules = {
      {"/", Use::read}, {"/tmp", Use::everything}, {"/dev", Use::device}, {"/proc", Use::device}};
  // Those that it forks have rules of their own besides, and their /tmp is in there.
  if (box.forks) rules.push_back({workers_folder, Use::everything});
  return rules;
}

// Without a root of its own: the same files, found where they are.
std::vector<PathRule> rules_in_place(const Box& box, const Machine& machine) {
  using Use = PathRule::Use;
  std::vector<PathRule> rules;
  for (const HostEntry& entry : machine.entries) {
    if (entry.kind != HostEntry::Kind::link) rules.push_back({entry.source, Use::read, true});
  }
  for (const Bind& bind : box.binds) rules.push_back({bind.from, Use::read});
  for (const std::string& folder : box.writable_folders) {
    rules.push_back({folder, Use::everything});
  }
  for (const char* device :
       {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    rules.push_back({device, Use::device, true});
  }
  // Its own entry; others' stay closed.
  rules.push_back({"/proc/self", Use::device, true});
  for (const char* file :
       {"/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/uptime",
        "/proc/version", "/proc/filesystems", "/etc/passwd", "/etc/group"}) {
    rules.push_back({file, Use::read, true});
  }
  return rules;
}

void add_seccomp(Calls& calls, bool network, MayChroot chroot) {
  const std::string filter = seccomp_filter(network, chroot);
  sock_fprog program{.len = static_cast<unsigned short>(filter.size() / sizeof(sock_filter)),
                     .filter = nullptr};
  calls.add("install the seccomp filter", SYS_seccomp,
            {value(SECCOMP_SET_MODE_FILTER), value(0),
             bytes_of(&program, sizeof program,
                      {{.offset = offsetof(sock_fprog, filter), .pointee = filter}})});
}

}  // namespace

Plan make_plan(const Box& box, const Machine& machine) {
  Plan plan;
  Calls house(plan.house), worker(plan.worker);
  const bool own_root = box.level >= Level::b;
  if (own_root) {
    plan.namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
    if (box.user_namespace) plan.namespaces |= CLONE_NEWUSER;
    if (!box.network) plan.namespaces |= CLONE_NEWNET;
    join_cgroups(house, box);
    if (box.user_namespace) map_users(house, box);
    if (!box.network) add_loopback(house, plan.house);
    build_root(house, box, machine);
  } else {
    join_cgroups(worker, box);
  }
  if (box.level == Level::none) return plan;
  if (box.worker_uid != 0 && !box.user_namespace) become_worker_user(worker, box);
  // Of one that forks workers all are of one user; there the control groups limit each.
  if (!box.forks) limit_processes(worker, box);
  drop_privileges(worker, box);
  if (machine.landlock_abi > 0) {
    add_landlock(plan.worker, machine.landlock_abi,
                 own_root ? rules_inside(box) : rules_in_place(box, machine));
  }
  add_seccomp(worker, box.network || own_root, box.forks ? MayChroot::yes : MayChroot::no);
  return plan;
}

std::vector<Call> forked_calls(const Box& box, const Machine& machine) {
  std::vector<Call> list;
  Calls calls(list);
  calls.add("chroot", SYS_chroot, {text(".")});
  drop_capabilities(calls, false);
  // A domain of its own: it reaches no other process of the same user.
  Box own = box;
  own.forks = false;
  add_landlock(list, machine.landlock_abi, rules_inside(own));
  add_seccomp(calls, true, MayChroot::no);
  return list;
}

}  // namespace perdure::executors::sandbox

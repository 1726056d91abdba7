#include "executors/functions/sandbox/worker_root.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/files.h"
#include "executors/functions/sandbox/layout.h"
#include "executors/functions/sandbox/mount_namespace.h"

namespace perdure::executors::sandbox {
namespace {

constexpr long nr_open_tree = 428, nr_move_mount = 429;
constexpr unsigned tree_clone = 1, from_descriptor = 4;

Result<Descriptor> make_here(const std::string& root, uint64_t tmp_mib) {
  if (mkdir(root.c_str(), 0755) != 0) return system_error("make", root, errno);
  const Descriptor copy(static_cast<int>(
      syscall(nr_open_tree, AT_FDCWD, "/", tree_clone | O_CLOEXEC | AT_RECURSIVE)));
  if (!copy) return system_error("copy the mounts for", root, errno);
  if (syscall(nr_move_mount, copy.get(), "", AT_FDCWD, root.c_str(), from_descriptor) != 0) {
    return system_error("mount", root, errno);
  }
  const std::string tmp = root + "/tmp";
  const std::string how = "mode=1777,size=" + std::to_string(tmp_mib) + "m";
  if (mount("tmpfs", tmp.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, how.c_str()) != 0) {
    return system_error("mount", tmp, errno);
  }
  Descriptor opened(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return system_error("open", root, errno);
  return opened;
}

void remove_here(const std::string& root) {
  umount2(root.c_str(), MNT_DETACH);
  rmdir(root.c_str());
}

std::string place_of(const std::string& name) { return std::string(workers_folder) + "/" + name; }

}  // namespace

Result<Descriptor> make_worker_root(int pid, const std::string& name, uint64_t tmp_mib) {
  PD_TRY(visit, MountNamespaceVisit::of(pid));
  auto root = make_here(place_of(name), tmp_mib);
  if (!root) remove_here(place_of(name));
  return root;
}

void remove_worker_root(int pid, const std::string& name) {
  const auto visit = MountNamespaceVisit::of(pid);
  if (visit) remove_here(place_of(name));
}

}  // namespace perdure::executors::sandbox

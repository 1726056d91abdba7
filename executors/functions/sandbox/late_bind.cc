#include "executors/functions/sandbox/late_bind.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/files.h"
#include "executors/functions/sandbox/mount_namespace.h"
#include "executors/functions/sockets.h"

namespace perdure::executors::sandbox {
namespace {

// What mount_setattr(2) takes; older headers lack it.
struct MountAttributes {
  uint64_t set = 0, clear = 0, propagation = 0, user_namespace = 0;
};
constexpr long nr_open_tree = 428, nr_move_mount = 429, nr_mount_setattr = 442;
constexpr unsigned tree_clone = 1, tree_cloexec = O_CLOEXEC, from_descriptor = 4;
constexpr uint64_t read_only = 1, no_setuid = 2, no_devices = 4;

Result<Descriptor> mount_of(const std::string& folder) {
  Descriptor tree(static_cast<int>(
      syscall(nr_open_tree, AT_FDCWD, folder.c_str(), tree_clone | tree_cloexec | AT_RECURSIVE)));
  if (!tree) return system_error("open the tree", folder, errno);
  const MountAttributes wanted{.set = read_only | no_setuid | no_devices};
  if (syscall(nr_mount_setattr, tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted,
              sizeof wanted) != 0) {
    return system_error("restrict", folder, errno);
  }
  return tree;
}

}  // namespace

Result<> bind_late(int pid, const std::vector<spawn::SeenFolder>& folders) {
  std::vector<Descriptor> trees;
  for (const spawn::SeenFolder& folder : folders) {
    PD_TRY(tree, mount_of(folder.from));
    trees.push_back(std::move(tree));
  }
  PD_TRY(visit, MountNamespaceVisit::of(pid));
  for (size_t i = 0; i < folders.size(); ++i) {
    if (syscall(nr_move_mount, trees[i].get(), "", AT_FDCWD, folders[i].to.c_str(),
                from_descriptor) != 0) {
      return system_error("mount", folders[i].to, errno);
    }
  }
  return {};
}

}  // namespace perdure::executors::sandbox

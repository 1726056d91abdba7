#include "executors/functions/sandbox/worker_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/files.h"
#include "executors/functions/sandbox/layout.h"
#include "executors/functions/sandbox/mount_namespace.h"

namespace perdure::executors::sandbox {
namespace {

constexpr long nr_open_tree = 428, nr_move_mount = 429;
constexpr unsigned tree_clone = 1, from_descriptor = 4;
constexpr uint64_t inodes_a_mib = 64;
constexpr int attempts = 3;  // somebody may still write

Result<Descriptor> make_here(const std::string& root, uint64_t tmp_mib) {
  if (mkdir(root.c_str(), 0755) != 0) return system_error("make", root, errno);
  const Descriptor copy(static_cast<int>(
      syscall(nr_open_tree, AT_FDCWD, "/", tree_clone | O_CLOEXEC | AT_RECURSIVE)));
  if (!copy) return system_error("copy the mounts for", root, errno);
  if (syscall(nr_move_mount, copy.get(), "", AT_FDCWD, root.c_str(), from_descriptor) != 0) {
    return system_error("mount", root, errno);
  }
  const std::string tmp = root + "/tmp";
  const std::string how = "mode=1777,size=" + std::to_string(tmp_mib) +
                          "m,nr_inodes=" + std::to_string(tmp_mib * inodes_a_mib);
  if (mount("tmpfs", tmp.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, how.c_str()) != 0) {
    return system_error("mount", tmp, errno);
  }
  Descriptor opened(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return system_error("open", root, errno);
  return opened;
}

std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  const int opened = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const list = opened >= 0 ? fdopendir(opened) : nullptr;
  if (list == nullptr) return names;
  while (const dirent* each = readdir(list)) {
    const std::string name = each->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(list);
  return names;
}

// Empties a folder whose content is anybody's, who may be at work there: no symbolic link is
// followed, and there is an end to it.
class Emptying {
 public:
  Emptying(int top, uint64_t most_steps) : top_(top), steps_(most_steps) {}

  void run() {
    for (auto names = names_in(top_); !names.empty() && steps_ > 0; names = names_in(top_)) {
      for (const std::string& name : names) take_away(name.c_str());
    }
  }

 private:
  // What is in a folder comes to stand at the top first, so that no depth is too deep.
  void take_away(const char* name) {
    if (steps_ == 0) return;
    --steps_;
    const Descriptor file(openat(top_, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    // Frees it for those who have it open, too.
    if (file) [[maybe_unused]]
      const int cut = ftruncate(file.get(), 0);
    if (unlinkat(top_, name, 0) == 0) return;
    const Descriptor inner(openat(top_, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (inner) {
      for (const std::string& each : names_in(inner.get())) {
        renameat(inner.get(), each.c_str(), top_, (".moved-" + std::to_string(++moved_)).c_str());
      }
    }
    unlinkat(top_, name, AT_REMOVEDIR);
  }

  const int top_;
  uint64_t steps_;
  uint64_t moved_ = 0;
};

// The file system of the folder holds next to nothing then, and can't be made to hold more.
bool shrink(const std::string& tmp) {
  const Descriptor top(open(tmp.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct statvfs room {};
  if (!top || fstatvfs(top.get(), &room) != 0) return false;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    Emptying(top.get(), 2 * room.f_files).run();
    if (mount(nullptr, tmp.c_str(), nullptr, MS_REMOUNT | MS_NOSUID | MS_NODEV, "size=4k") == 0) {
      return true;
    }
  }
  return false;
}

bool remove_here(const std::string& root) {
  const bool is_empty = shrink(root + "/tmp");
  umount2(root.c_str(), MNT_DETACH);
  rmdir(root.c_str());
  return is_empty;
}

std::string place_of(const std::string& name) { return std::string(workers_folder) + "/" + name; }

}  // namespace

Result<Descriptor> make_worker_root(int pid, const std::string& name, uint64_t tmp_mib) {
  PD_TRY(visit, MountNamespaceVisit::of(pid));
  auto root = make_here(place_of(name), tmp_mib);
  if (!root) (void)remove_here(place_of(name));
  return root;
}

bool remove_worker_root(int pid, const std::string& name) {
  const auto visit = MountNamespaceVisit::of(pid);
  return !visit || remove_here(place_of(name));  // without a namespace nothing is left
}

}  // namespace perdure::executors::sandbox

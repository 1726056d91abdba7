#include "engine/store/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"

namespace perdure::engine {

Result<std::unique_ptr<FolderLock>> FolderLock::take(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return system_error("open", path, errno);
  auto lock = std::unique_ptr<FolderLock>(new FolderLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return system_error("lock", path, errno);
  return Error{ErrorKind::conflict, "DataFolderInUse",
               "Another Perdure server is using the data folder " + folder +
                   ". Stop it, or choose another folder."};
}

FolderLock::~FolderLock() { close(fd_); }

}  // namespace perdure::engine

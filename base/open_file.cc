#include "base/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/files.h"

namespace perdure {

Result<OpenFile> OpenFile::read_only(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error("open", path, errno);
  return OpenFile(fd, path);
}

Result<OpenFile> OpenFile::create(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return system_error("create", path, errno);
  return OpenFile(fd, path);
}

OpenFile::~OpenFile() {
  if (fd_ >= 0) close(fd_);
}

Result<int64_t> OpenFile::size() const {
  struct stat status {};
  if (fstat(fd_, &status) != 0) return system_error("look at", path_, errno);
  return int64_t{status.st_size};
}

Result<std::string> OpenFile::read(int64_t offset, int64_t length) const {
  PD_TRY(size, this->size());
  std::string bytes(static_cast<size_t>(std::clamp<int64_t>(size - offset, 0, length)), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        pread(fd_, bytes.data() + done, bytes.size() - done, offset + static_cast<int64_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("read", path_, errno);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

Result<> OpenFile::append(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t count = write(fd_, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("write", path_, errno);
    piece.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

Result<> OpenFile::sync() {
  if (fsync(fd_) != 0) return system_error("sync", path_, errno);
  return {};
}

}  // namespace perdure

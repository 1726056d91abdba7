#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace perdure {
namespace {

namespace fs = std::filesystem;

// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

ErrorKind kind_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::denied;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorKind::conflict;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return ErrorKind::unavailable;
    default:
      return ErrorKind::internal;
  }
}

std::string parent_of(const std::string& path) {
  const auto parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Result<> write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("write", path, errno);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<> write_and_sync(const std::string& path, std::string_view content, unsigned mode) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.get() < 0) return system_error("create", path, errno);
  PD_CHECK(write_all(file.get(), content, path));
  if (fsync(file.get()) != 0) return system_error("sync", path, errno);
  return {};
}

// A name that no other writer, thread or process uses at the same time.
std::string temporary_name(const std::string& path) {
  static std::atomic<uint64_t> counter{0};
  return path + ".tmp-" + std::to_string(getpid()) + "-" + std::to_string(++counter);
}

}  // namespace

Error system_error(std::string_view doing, std::string_view path, int error_number) {
  std::string cause = "cannot ";
  cause.append(doing).append(" ").append(path).append(": ");
  cause.append(std::generic_category().message(error_number));
  return Error{kind_of(error_number), "FileError", std::move(cause)};
}

Result<std::string> read_file(const std::string& path, uint64_t limit_bytes) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_error("open", path, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return system_error("read", path, errno);
  if (S_ISDIR(status.st_mode)) return system_error("read", path, EISDIR);
  std::string content;
  content.reserve(std::min<uint64_t>(static_cast<uint64_t>(status.st_size), limit_bytes));
  char chunk[64 * 1024];
  while (true) {
    const ssize_t count = read(file.get(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("read", path, errno);
    if (count == 0) return content;
    if (content.size() + static_cast<size_t>(count) > limit_bytes) {
      return Error{ErrorKind::too_large, "FileError", "too large: " + path};
    }
    content.append(chunk, static_cast<size_t>(count));
  }
}

Result<> write_file_atomically(const std::string& path, std::string_view content, unsigned mode) {
  const std::string temporary = temporary_name(path);
  Result<> written = write_and_sync(temporary, content, mode);
  if (written && rename(temporary.c_str(), path.c_str()) != 0) {
    written = system_error("rename to", path, errno);
  }
  if (!written) {
    unlink(temporary.c_str());
    return written;
  }
  return sync_directory(parent_of(path));
}

Result<> make_directories(const std::string& path, unsigned mode) {
  if (mkdir(path.c_str(), mode) == 0) return sync_directory(parent_of(path));
  const int failure = errno;
  if (failure == EEXIST) {
    if (fs::is_directory(path)) return {};
    return system_error("create folder", path, ENOTDIR);
  }
  if (failure != ENOENT || parent_of(path) == path) {
    return system_error("create folder", path, failure);
  }
  PD_CHECK(make_directories(parent_of(path), mode));
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return system_error("create folder", path, errno);
  }
  return sync_directory(parent_of(path));
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  std::error_code failure;
  std::vector<std::string> names;
  fs::directory_iterator entry(path, failure);
  while (!failure && entry != fs::directory_iterator()) {
    names.push_back(entry->path().filename().string());
    entry.increment(failure);
  }
  if (failure) return system_error("list", path, failure.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<> remove_file(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return system_error("remove", path, errno);
  return {};
}

Result<> remove_directory(const std::string& path) {
  std::error_code failure;
  fs::remove_all(path, failure);
  if (failure) return system_error("remove", path, failure.value());
  return {};
}

Result<> sync_directory(const std::string& path) {
  const Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return system_error("open", path, errno);
  if (fsync(folder.get()) != 0) return system_error("sync", path, errno);
  return {};
}

Result<int64_t> file_size(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return system_error("look at", path, errno);
  return static_cast<int64_t>(found.st_size);
}

bool file_exists(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

}  // namespace perdure

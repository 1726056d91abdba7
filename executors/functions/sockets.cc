#include "executors/functions/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "executors/functions/sandbox/level.h"

namespace perdure::executors {
namespace {

constexpr size_t longest_name = 32;  // of a socket in its folder

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return internal_error("the socket path is too long: " + path);
  }
  path.copy(address.sun_path, path.size());
  return address;
}

Result<std::string> short_folder(const std::string& data_folder) {
  const char* temporary = std::getenv("TMPDIR");
  std::string base = temporary && std::string_view(temporary).size() < 40 ? temporary : "/tmp";
  std::string name = hex(sha256(data_folder)).substr(0, 16);
  std::string folder = base + "/perdure-" + std::to_string(geteuid()) + "-" + name;
  PD_CHECK(make_directories(folder, 0700));
  struct stat info {};
  // Somebody else may have made it first, to listen in.
  if (lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != geteuid() ||
      (info.st_mode & 077) != 0) {
    return Error{ErrorKind::denied, "ServiceException", folder + " is not a private folder"};
  }
  return folder;
}

}  // namespace

void Descriptor::reset() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

Descriptor copy_of(const Descriptor& file) {
  return Descriptor(fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
}

Result<std::string> socket_folder(const std::string& data_folder) {
  std::string absolute = std::filesystem::absolute(data_folder).lexically_normal().string();
  std::string folder = absolute + "/run";
  if (folder.size() + longest_name >= sizeof(sockaddr_un::sun_path)) return short_folder(absolute);
  PD_CHECK(make_directories(folder, 0700));
  return folder;
}

std::string worker_socket(const std::string& socket_folder) {
  return socket_folder + "/workers/runtime.sock";
}

Result<Descriptor> listen_unix(const std::string& path) {
  PD_TRY(address, address_of(path));
  Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_error("open a socket at", path, errno);
  unlink(path.c_str());
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      chmod(path.c_str(), 0600) != 0 || listen(fd.get(), 512) != 0) {
    return system_error("listen at", path, errno);
  }
  return fd;
}

Result<Descriptor> connect_unix(const std::string& path) {
  PD_TRY(address, address_of(path));
  Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_error("open a socket for", path, errno);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return Error{ErrorKind::unavailable, "ServiceException", "nobody answers at " + path};
  }
  return fd;
}

Descriptor accept_own(int listener) {
  Descriptor fd(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return fd;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      (peer.uid != geteuid() && !sandbox::is_worker_uid(peer.uid))) {
    fd.reset();
  }
  return fd;
}

IoState read_some(int fd, std::string& into, size_t limit) {
  char buffer[65536];
  while (limit > 0) {
    ssize_t got = read(fd, buffer, std::min(limit, sizeof buffer));
    if (got == 0) return IoState::closed;
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN ? IoState::open : IoState::closed;
    }
    into.append(buffer, static_cast<size_t>(got));
    limit -= static_cast<size_t>(got);
    if (static_cast<size_t>(got) < sizeof buffer) return IoState::open;
  }
  return IoState::open;
}

IoState write_some(int fd, std::string& from) {
  size_t done = 0;
  IoState state = IoState::open;
  while (done < from.size()) {
    ssize_t put = send(fd, from.data() + done, from.size() - done, MSG_NOSIGNAL);
    if (put > 0) {
      done += static_cast<size_t>(put);
    } else if (errno != EINTR) {
      if (errno != EAGAIN) state = IoState::closed;
      break;
    }
  }
  from.erase(0, done);
  return state;
}

}  // namespace perdure::executors

#include "base/net/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace perdure {
namespace {

constexpr int backlog = 1024;

Error listen_error(const std::string& where, int error_number) {
  const bool taken = error_number == EADDRINUSE;
  return Error{taken ? ErrorKind::conflict : ErrorKind::unavailable, "ListenError",
               "cannot listen on " + where + ": " + std::generic_category().message(error_number)};
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// An address literal, or "localhost"; no name is ever looked up.
Result<Address> loopback_address(const std::string& host, uint16_t port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  const std::string literal = host == "localhost" ? "127.0.0.1" : host;
  if (inet_pton(AF_INET, literal.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof(sockaddr_in);
    if ((ntohl(v4->sin_addr.s_addr) >> 24) == 127) return address;
  } else if (inet_pton(AF_INET6, literal.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof(sockaddr_in6);
    if (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr)) return address;
  } else {
    return invalid("ListenError", "not an IP address: " + host);
  }
  return Error{ErrorKind::denied, "ListenError",
               "refusing to listen on " + host +
                   ": only loopback addresses are allowed (127.0.0.1, ::1, localhost)"};
}

Result<Address> unix_address(const std::string& path) {
  Address address;
  auto* local = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.empty() || path.size() >= sizeof local->sun_path) {
    return invalid("ListenError", "a socket path has 1 to 107 bytes: " + path);
  }
  local->sun_family = AF_UNIX;
  std::memcpy(local->sun_path, path.data(), path.size());
  address.size = sizeof(sockaddr_un);
  return address;
}

int open_socket(const Address& address, int flags = 0) {
  return socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

// What a process that was killed leaves behind: a socket file that nobody listens on.
void remove_stale_socket(const std::string& path, const Address& address) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int probe = open_socket(address);
  if (probe < 0) return;
  const bool refused = connect(probe, address.get(), address.size) != 0 && errno == ECONNREFUSED;
  close(probe);
  if (refused) unlink(path.c_str());
}

Result<int> give_up(int fd, const std::string& where) {
  const int failure = errno;
  if (fd >= 0) close(fd);
  return listen_error(where, failure);
}

}  // namespace

Result<int> open_tcp_listener(const std::string& host, uint16_t port) {
  PD_TRY(address, loopback_address(host, port));
  const std::string where = host + " port " + std::to_string(port);
  const int fd = open_socket(address, SOCK_NONBLOCK);
  const int on = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, address.get(), address.size) != 0 || listen(fd, backlog) != 0) {
    return give_up(fd, where);
  }
  return fd;
}

Result<int> open_unix_listener(const std::string& path, unsigned mode) {
  PD_TRY(address, unix_address(path));
  remove_stale_socket(path, address);
  const int fd = open_socket(address, SOCK_NONBLOCK);
  // Permissions are set before `listen`: until then a connection is refused.
  if (fd < 0 || bind(fd, address.get(), address.size) != 0 || chmod(path.c_str(), mode) != 0 ||
      listen(fd, backlog) != 0) {
    return give_up(fd, path);
  }
  return fd;
}

uint16_t port_of(int fd) {
  Address address;
  address.size = sizeof address.storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) return 0;
  const bool v6 = address.storage.ss_family == AF_INET6;
  return ntohs(v6 ? reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port
                  : reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

}  // namespace perdure

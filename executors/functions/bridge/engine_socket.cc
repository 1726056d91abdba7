#include "executors/functions/bridge/engine_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace perdure::executors::bridge {

int connect_to_engine(const std::string& path, Blocking blocking) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  path.copy(address.sun_path, path.size());
  const int kind = SOCK_STREAM | SOCK_CLOEXEC | (blocking == Blocking::yes ? 0 : SOCK_NONBLOCK);
  const int fd = socket(AF_UNIX, kind, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace perdure::executors::bridge

#pragma once
// Unix sockets of the runtime and the spawner, and descriptors that close themselves.

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace perdure::executors {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// The same file once more; nothing where this process may have no more descriptors.
Descriptor copy_of(const Descriptor& file);

// The folder that holds the sockets of a data folder, made if missing, for its owner alone. It is
// `run` in the data folder; where that path is too long for a socket's address (108 bytes), a
// folder of the same owner in the temporary folder, named after the data folder.
Result<std::string> socket_folder(const std::string& data_folder);
// In it: what workers see of it, the socket of the runtime API.
std::string worker_socket(const std::string& socket_folder);

// Non-blocking stream sockets. A left-over socket file is replaced.
Result<Descriptor> listen_unix(const std::string& path);
Result<Descriptor> connect_unix(const std::string& path);  // unavailable: nobody answers
// The next caller, non-blocking; nothing if none waits or it belongs to another user than this one
// and the workers'.
Descriptor accept_own(int listener);

enum class IoState { open, closed };
// Reads what is there, at most `limit` bytes, behind `into`.
IoState read_some(int fd, std::string& into, size_t limit);
// Writes as much as goes and removes it from the front of `from`.
IoState write_some(int fd, std::string& from);

}  // namespace perdure::executors

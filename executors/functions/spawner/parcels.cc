#include "executors/functions/spawner/parcels.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/result.h"

namespace perdure::executors::spawn {
namespace {

constexpr size_t control_bytes = CMSG_SPACE(max_parcel_files * sizeof(int));

ssize_t send_with(int socket, std::string_view bytes, const std::vector<Descriptor>& files) {
  iovec piece{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[control_bytes] = {};
  if (!files.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(files.size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(files.size() * sizeof(int));
    for (size_t i = 0; i < files.size(); ++i) {
      const int fd = files[i].get();
      std::memcpy(CMSG_DATA(header) + i * sizeof fd, &fd, sizeof fd);
    }
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

std::vector<Descriptor> files_of(msghdr& message) {
  std::vector<Descriptor> files;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
      files.emplace_back(fd);
    }
  }
  return files;
}

}  // namespace

void Outgoing::add(std::string_view bytes, std::vector<Descriptor> files) {
  PD_ASSERT(!bytes.empty() && files.size() <= max_parcel_files);
  if (!files.empty()) parcels_.push_back({bytes_.size(), std::move(files)});
  bytes_ += bytes;
}

// The descriptors go with the first byte that they stand before.
IoState Outgoing::write(int socket) {
  static const std::vector<Descriptor> none;
  size_t done = 0;
  IoState state = IoState::open;
  while (done < bytes_.size()) {
    const bool parcel = !parcels_.empty() && parcels_.front().at == done;
    const size_t next = parcel ? 1 : 0;
    const size_t end = parcels_.size() > next ? parcels_[next].at : bytes_.size();
    const ssize_t put = send_with(socket, std::string_view(bytes_).substr(done, end - done),
                                  parcel ? parcels_.front().files : none);
    if (put > 0) {
      done += static_cast<size_t>(put);
      if (parcel) parcels_.pop_front();
    } else if (errno != EINTR) {
      if (errno != EAGAIN) state = IoState::closed;
      break;
    }
  }
  bytes_.erase(0, done);
  for (Parcel& each : parcels_) each.at -= done;
  return state;
}

void Outgoing::clear() {
  bytes_.clear();
  parcels_.clear();
}

IoState Incoming::read(int socket, std::string& into, size_t limit) {
  char buffer[65536];
  alignas(cmsghdr) char control[control_bytes];
  for (size_t total = 0; total < limit;) {
    iovec piece{.iov_base = buffer, .iov_len = sizeof buffer};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (got == 0) return IoState::closed;
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN ? IoState::open : IoState::closed;
    }
    auto files = files_of(message);
    // One of which none could be taken is a parcel too, or the next would be taken for it.
    const bool parcel = !files.empty() || (message.msg_flags & MSG_CTRUNC) != 0;
    if (parcel) parcels_.push_back(std::move(files));
    into.append(buffer, static_cast<size_t>(got));
    total += static_cast<size_t>(got);
    if (!parcel && static_cast<size_t>(got) < sizeof buffer) return IoState::open;
  }
  return IoState::open;
}

std::vector<Descriptor> Incoming::take() {
  if (parcels_.empty()) return {};
  auto files = std::move(parcels_.front());
  parcels_.pop_front();
  return files;
}

}  // namespace perdure::executors::spawn

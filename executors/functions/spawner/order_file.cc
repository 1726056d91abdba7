#include "executors/functions/spawner/order_file.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "executors/functions/spawner/shepherd.h"

namespace perdure::executors::spawn {

std::string order_text(const Spawn& order, const sandbox::Plan& plan) {
  std::string text = encode(order);
  for (const std::string& part : {to_bytes(plan.house), worker_calls(order, plan)}) {
    const auto size = static_cast<uint32_t>(part.size());
    for (int i = 0; i < 4; ++i) text += static_cast<char>(size >> (8 * i));
    text += part;
  }
  return text;
}

Descriptor file_with(const std::string& text) {
  Descriptor file(memfd_create("order", MFD_CLOEXEC));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      lseek(file.get(), 0, SEEK_SET) != 0) {
    return {};
  }
  return file;
}

bool send_files(int socket, std::string_view message, const std::vector<int>& files) {
  iovec data{const_cast<char*>(message.data()), message.size()};
  std::vector<char> space(CMSG_SPACE(sizeof(int) * files.size()));
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = space.data();
  header.msg_controllen = space.size();
  cmsghdr* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int) * files.size());
  std::copy(files.begin(), files.end(), reinterpret_cast<int*>(CMSG_DATA(part)));
  return sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(message.size());
}

}  // namespace perdure::executors::spawn

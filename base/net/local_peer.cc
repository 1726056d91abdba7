#include "base/net/local_peer.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace perdure {
namespace {

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

// Address and port as the diagnosis wants them.
bool put(const sockaddr_storage& from, uint32_t (&address)[4], uint16_t& port) {
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    std::memcpy(address, &v4.sin_addr, sizeof v4.sin_addr);
    port = v4.sin_port;
    return true;
  }
  if (from.ss_family != AF_INET6) return false;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
  std::memcpy(address, &v6.sin6_addr, sizeof v6.sin6_addr);
  port = v6.sin6_port;
  return true;
}

// The other end's own socket: what is remote here is local there.
std::optional<Request> request_for(int fd) {
  sockaddr_storage ours{}, theirs{};
  socklen_t our_size = sizeof ours, their_size = sizeof theirs;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&ours), &our_size) != 0 ||
      getpeername(fd, reinterpret_cast<sockaddr*>(&theirs), &their_size) != 0) {
    return std::nullopt;
  }
  Request request;
  request.header = {
      .nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST};
  request.body.sdiag_family = static_cast<uint8_t>(ours.ss_family);
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~0u;
  inet_diag_sockid& id = request.body.id;
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (!put(theirs, id.idiag_src, id.idiag_sport) || !put(ours, id.idiag_dst, id.idiag_dport)) {
    return std::nullopt;
  }
  return request;
}

}  // namespace

std::optional<uint32_t> user_of_local_peer(int fd) {
  const auto request = request_for(fd);
  if (!request) return std::nullopt;
  const int diagnosis = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (diagnosis < 0) return std::nullopt;
  alignas(nlmsghdr) char answer[1024];
  ssize_t got = -1;
  // The kernel answers within the call: what is not there now will not come.
  if (send(diagnosis, &*request, sizeof *request, 0) == static_cast<ssize_t>(sizeof *request)) {
    got = recv(diagnosis, answer, sizeof answer, MSG_DONTWAIT);
  }
  close(diagnosis);
  const auto* header = reinterpret_cast<const nlmsghdr*>(answer);
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg))) ||
      header->nlmsg_type != SOCK_DIAG_BY_FAMILY) {
    return std::nullopt;
  }
  inet_diag_msg said;
  std::memcpy(&said, answer + NLMSG_HDRLEN, sizeof said);
  return said.idiag_uid;
}

}  // namespace perdure

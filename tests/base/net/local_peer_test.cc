#include "base/net/local_peer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace perdure {
namespace {

TEST(LocalPeerTest, TheUserOfWhoConnectedIsKnown) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int caller = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(connect(caller, reinterpret_cast<sockaddr*>(&address), size), 0);
  const int accepted = accept(listener, nullptr, nullptr);
  EXPECT_EQ(user_of_local_peer(accepted), geteuid());
  // What is no connection has nobody at its other end.
  EXPECT_FALSE(user_of_local_peer(listener));
  EXPECT_FALSE(user_of_local_peer(-1));
  for (int fd : {listener, caller, accepted}) close(fd);
}

}  // namespace
}  // namespace perdure

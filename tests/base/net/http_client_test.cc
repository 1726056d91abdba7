#include "base/net/http_client.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/files.h"
#include "base/net/listener.h"
#include "tests/base/net/net_fixture.h"

namespace perdure {
namespace {

class HttpClientTest : public NetFixture {
 protected:
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
};

TEST(HttpAddress, is_read_from_text) {
  const auto plain = HttpAddress::parse("http://127.0.0.1:4566/ignored");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 4566);
  EXPECT_EQ(HttpAddress::parse("http://localhost")->port, 80);
  EXPECT_EQ(HttpAddress::parse("http://[::1]:9")->host, "::1");
  EXPECT_EQ(HttpAddress::parse("http://[::1]")->host, "::1");
  EXPECT_EQ(HttpAddress::parse("unix:/a/b")->unix_path, "/a/b");
  for (const char* wrong : {"", "localhost:1", "https://a", "http://", "http://:1", "http://a:x",
                            "http://a:70000", "http://a:"}) {
    EXPECT_FALSE(HttpAddress::parse(wrong)) << wrong;
  }
}

TEST_F(HttpClientTest, fetches_and_reuses_a_connection) {
  handler_.routes["/echo"] = [](HttpRequest request, Respond respond) {
    respond(HttpResponse{201, {{"X-Method", request.method}}, request.body, nullptr});
  };
  start();
  HttpConnection connection(*HttpAddress::parse(address()));
  for (const char* body : {"", "one", "two"}) {
    const auto answer = connection.send({.method = "POST", .target = "/echo", .body = body});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(answer->headers.get("x-method"), "POST");
    EXPECT_EQ(answer->body, body);
  }
  const auto head = connection.send({.method = "HEAD"});
  EXPECT_EQ(head->headers.get("Content-Length"), "5");
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(fetch(address(), {})->body, "hello");
}

TEST_F(HttpClientTest, connects_again_after_the_server_closed) {
  start();
  HttpConnection connection(*HttpAddress::parse(address()));
  EXPECT_TRUE(connection.send({.headers = {{"Connection", "close"}}}));
  EXPECT_TRUE(connection.send({}));
}

TEST_F(HttpClientTest, speaks_through_a_unix_socket) {
  char folder[] = "/tmp/perdure-net-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/s";
  start();
  ASSERT_TRUE(server_->listen_unix(path));
  EXPECT_EQ(fetch("unix:" + path, {})->body, "hello");
  EXPECT_TRUE(remove_directory(folder));
}

TEST_F(HttpClientTest, errors_are_values) {
  start();
  EXPECT_EQ(fetch("unix:/none/such", {}).error().kind, ErrorKind::unavailable);
  server_->stop(0);
  const auto refused = fetch(address(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(refused.error().cause, testing::HasSubstr("Connection refused"));
}

TEST_F(HttpClientTest, a_timeout_covers_the_whole_exchange) {
  std::vector<Respond> parked;
  handler_.routes["/never"] = [&](HttpRequest, Respond respond) {
    parked.push_back(std::move(respond));
  };
  start();
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = fetch(address(), {.target = "/never", .timeout_ms = 60});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cause, "timed out");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  server_->stop(0);
  parked.clear();
}

TEST_F(HttpClientTest, reading_may_be_given_up) {
  auto stream = std::make_shared<ResponseStream>();
  Signal left;
  stream->on_closed([&] { left.set(); });
  stream->write("first");
  handler_.routes["/stream"] = [&](HttpRequest, Respond respond) {
    respond(HttpResponse{200, {}, "", stream});
  };
  start();
  HttpConnection connection(*HttpAddress::parse(address()));
  const auto answer =
      connection.send({.target = "/stream", .on_piece = [](std::string_view) { return false; }});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_TRUE(left.wait());
  EXPECT_TRUE(connection.send({}));
}

// A server that writes `bytes` to whoever connects, and closes.
Result<HttpResponse> answer_to(std::string_view bytes) {
  const int listener = *open_tcp_listener("127.0.0.1", 0);
  const uint16_t port = port_of(listener);
  std::thread server([&] {
    int fd = -1;
    while ((fd = accept(listener, nullptr, nullptr)) < 0) std::this_thread::yield();
    char request[4096];
    (void)!recv(fd, request, sizeof request, 0);
    (void)!send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    close(fd);
  });
  auto answer = fetch("http://127.0.0.1:" + std::to_string(port), {.timeout_ms = 5000});
  server.join();
  close(listener);
  return answer;
}

TEST(HttpClient, understands_what_servers_send) {
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")->body, "ok");
  EXPECT_EQ(answer_to("HTTP/1.0 200 OK\r\n\r\nto the end")->body, "to the end");
  EXPECT_EQ(
      answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")->body,
      "ok");
  EXPECT_EQ(answer_to("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")->status, 204);
}

TEST(HttpClient, refuses_what_is_not_an_answer) {
  for (const char* wrong : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
                            "SSH-2.0-OpenSSH\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok"}) {
    EXPECT_FALSE(answer_to(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace perdure

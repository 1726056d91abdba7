#include "tests/base/net/net_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

namespace perdure {

BodyPlan ScriptedHandler::plan_body(const RequestHead& head) { return plan(head); }

void ScriptedHandler::handle(HttpRequest request, Respond respond) {
  const auto route = routes.find(request.path());
  if (route != routes.end()) return route->second(std::move(request), std::move(respond));
  respond(HttpResponse{200, {}, "hello", nullptr});
}

HttpResponse ScriptedHandler::protocol_error(int status, std::string_view why,
                                             const RequestHead* head) {
  std::string body = std::to_string(status) + ": " + std::string(why);
  if (head != nullptr) body += " for " + head->target;
  return HttpResponse{status, {{"Content-Type", "text/plain"}}, std::move(body), nullptr};
}

RawClient::RawClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

RawClient::RawClient(const std::string& unix_path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, unix_path.c_str(), sizeof address.sun_path - 1);
  EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

RawClient::~RawClient() { close(); }

void RawClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawClient::shut_sending() { shutdown(fd_, SHUT_WR); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool RawClient::fill() {
  pollfd one{fd_, POLLIN, 0};
  if (poll(&one, 1, 5000) != 1) {
    ADD_FAILURE() << "nothing came within five seconds after: " << input_;
    return false;
  }
  char chunk[64 * 1024];
  const ssize_t count = recv(fd_, chunk, sizeof chunk, 0);
  if (count <= 0) return false;
  input_.append(chunk, static_cast<size_t>(count));
  return true;
}

RawResponse RawClient::receive_head() {
  size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == input_.npos) {
    if (!fill()) return {};
  }
  RawResponse response{input_.substr(0, end + 4), {}};
  input_.erase(0, end + 4);
  return response;
}

RawResponse RawClient::receive() {
  RawResponse response = receive_head();
  const std::string_view field = "Content-Length: ";
  const auto at = response.head.find(field);
  const size_t size =
      at == response.head.npos ? 0 : std::stoul(response.head.substr(at + field.size()));
  while (input_.size() < size && fill()) {
  }
  response.body = input_.substr(0, size);
  input_.erase(0, size);
  return response;
}

std::string RawClient::receive_all() {
  while (fill()) {
  }
  return std::exchange(input_, {});
}

bool RawClient::closed_by_server() { return receive_all().empty(); }

void NetFixture::start() {
  server_ = std::make_unique<HttpServer>(options_, handler_, clock_);
  const auto port = server_->listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(port);
  port_ = *port;
}

void Signal::set() {
  const std::lock_guard lock(mutex_);
  set_ = true;
  changed_.notify_all();
}

bool Signal::wait(int timeout_ms) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return set_; });
}

std::string get(std::string_view path, std::string_view more_fields) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(more_fields) +
         "\r\n";
}

std::string post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace perdure

#include "base/net/http_client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <system_error>

#include "base/net/http_parser.h"

namespace perdure {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t head_limit_bytes = 256 * 1024;

Error broken(std::string cause) {
  return Error{ErrorKind::unavailable, "ConnectionError", std::move(cause)};
}
Error broken(std::string_view doing, int error_number) {
  return broken("cannot " + std::string(doing) + ": " +
                std::generic_category().message(error_number));
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

// A non-blocking socket whose operations wait, up to a deadline.
class BlockingSocket {
 public:
  ~BlockingSocket() { close(); }

  bool is_open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void set_timeout(int timeout_ms) {
    deadline_ = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  }

  Result<> connect(const HttpAddress& to) {
    return to.unix_path.empty() ? connect_tcp(to) : connect_unix(to.unix_path);
  }

  Result<> write(std::string_view data) {
    while (!data.empty()) {
      const ssize_t sent = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        data.remove_prefix(static_cast<size_t>(sent));
      } else if (errno == EAGAIN) {
        PD_CHECK(wait(POLLOUT));
      } else if (errno != EINTR) {
        return broken("send", errno);
      }
    }
    return {};
  }

  // Nothing read: the end.
  Result<size_t> read(char* into, size_t size) {
    while (true) {
      const ssize_t count = ::recv(fd_, into, size, 0);
      if (count >= 0) return static_cast<size_t>(count);
      if (errno == EAGAIN) {
        PD_CHECK(wait(POLLIN));
      } else if (errno != EINTR) {
        return broken("receive", errno);
      }
    }
  }

 private:
  Result<> connect_tcp(const HttpAddress& to) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const std::string port = std::to_string(to.port);
    if (const int failure = getaddrinfo(to.host.c_str(), port.c_str(), &hints, &list)) {
      return broken("cannot resolve " + to.host + ": " + gai_strerror(failure));
    }
    const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
    Result<> connected = broken("no address for " + to.host);
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
      connected = connect_to(one->ai_addr, one->ai_addrlen, to.host + ":" + port);
      if (!connected) continue;
      const int on = 1;
      setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      break;
    }
    return connected;
  }

  Result<> connect_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return broken("socket path too long: " + path);
    std::memcpy(address.sun_path, path.data(), path.size());
    return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, path);
  }

  Result<> connect_to(const sockaddr* address, socklen_t size, const std::string& name) {
    close();
    fd_ = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return broken("open a socket", errno);
    int failure = ::connect(fd_, address, size) == 0 ? 0 : errno;
    if (failure == EINPROGRESS) {
      PD_CHECK(wait(POLLOUT));
      socklen_t failure_size = sizeof failure;
      getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failure, &failure_size);
    }
    if (failure == 0) return {};
    close();
    return broken("connect to " + name, failure);
  }

  Result<> wait(short events) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline_ - SteadyClock::now()).count();
    pollfd one{fd_, events, 0};
    const int ready = left > 0 ? poll(&one, 1, static_cast<int>(left)) : 0;
    if (ready == 0) return broken("timed out");
    if (ready < 0 && errno != EINTR) return broken("wait", errno);
    return {};
  }

  int fd_ = -1;
  SteadyClock::time_point deadline_;
};

std::string request_text(const HttpAddress& address, const ClientRequest& request) {
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (!request.headers.find("Host")) {
    text += "Host: ";
    text += address.unix_path.empty() ? address.host + ":" + std::to_string(address.port)
                                      : std::string("localhost");
    text += "\r\n";
  }
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
  const bool needs_length = !request.body.empty() || request.method == "POST" ||
                            request.method == "PUT" || request.method == "PATCH";
  if (needs_length && !request.headers.find("Content-Length") &&
      !request.headers.find("Transfer-Encoding")) {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "\r\n" + request.body;
}

}  // namespace

Result<HttpAddress> HttpAddress::parse(std::string_view text) {
  HttpAddress address;
  if (text.starts_with("unix:")) {
    address.unix_path = text.substr(5);
    return address;
  }
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme))
    return invalid("InvalidAddress", "not http://: " + std::string(text));
  auto authority = text.substr(scheme.size());
  authority = authority.substr(0, authority.find('/'));
  const auto colon = authority.rfind(':');
  if (colon != authority.npos && authority.find(']', colon) == authority.npos) {
    const auto port = authority.substr(colon + 1);
    const auto [end, failure] =
        std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (failure != std::errc() || end != port.data() + port.size()) {
      return invalid("InvalidAddress", "not a port: " + std::string(port));
    }
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  if (authority.empty()) return invalid("InvalidAddress", "no host in " + std::string(text));
  address.host = authority;
  return address;
}

class HttpConnection::Impl final : private BodyReceiver {
 public:
  explicit Impl(HttpAddress address)
      : address_(std::move(address)), parser_(make_response_parser(head_limit_bytes)) {}

  Result<HttpResponse> send(const ClientRequest& request) {
    auto response = exchange(request);
    const bool reusable = response && !given_up_ && parser_->keep_alive() && input_.empty();
    if (!reusable) {
      socket_.close();
      input_.clear();
    }
    return response;
  }

 private:
  Result<HttpResponse> exchange(const ClientRequest& request) {
    request_ = &request;
    response_ = HttpResponse();
    given_up_ = false;
    socket_.set_timeout(request.timeout_ms);
    if (!socket_.is_open()) PD_CHECK(socket_.connect(address_));
    // A server that refuses a body answers while we still send: the answer says more than our
    // broken pipe.
    const auto sent = socket_.write(request_text(address_, request));
    begin_message();
    while (!given_up_) {
      PD_TRY(complete, read_message());
      if (!complete) {
        if (!sent) return sent.error();
        return broken("the connection was closed before an answer");
      }
      if (parser_->status() / 100 != 1) break;
      begin_message();  // 100 Continue and its like come before the answer
    }
    return std::move(response_);
  }

  void begin_message() {
    parser_->reset();
    if (request_->method == "HEAD") parser_->expect_no_body();
  }

  // False: the server has closed the connection without a byte of an answer.
  Result<bool> read_message() {
    while (true) {
      const auto step = parser_->feed(input_, *this);
      input_.erase(0, step.consumed);
      switch (step.state) {
        case ParseStep::State::head:
          response_.status = parser_->status();
          response_.headers = parser_->headers();
          continue;
        case ParseStep::State::done:
          return true;
        case ParseStep::State::failed:
          if (given_up_) return true;
          return invalid("BadResponse", parser_->failure().why);
        case ParseStep::State::more:
          break;
      }
      PD_TRY(count, read_more());
      if (count > 0) continue;
      if (!parser_->begun()) return false;
      if (parser_->feed_end().state == ParseStep::State::done) return true;
      return broken("the connection was closed within an answer");
    }
  }

  Result<size_t> read_more() {
    if (request_->on_piece) socket_.set_timeout(request_->timeout_ms);
    char chunk[16 * 1024];
    PD_TRY(count, socket_.read(chunk, sizeof chunk));
    input_.append(chunk, count);
    return count;
  }

  bool receive(std::string_view piece) override {
    if (!request_->on_piece) {
      response_.body.append(piece);
      return true;
    }
    given_up_ = !request_->on_piece(piece);
    return !given_up_;
  }

  const HttpAddress address_;
  const std::unique_ptr<ResponseParser> parser_;
  BlockingSocket socket_;
  std::string input_;
  const ClientRequest* request_ = nullptr;  // of the exchange under way
  HttpResponse response_;
  bool given_up_ = false;
};

HttpConnection::HttpConnection(HttpAddress address)
    : impl_(std::make_unique<Impl>(std::move(address))) {}
HttpConnection::~HttpConnection() = default;
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;
HttpConnection& HttpConnection::operator=(HttpConnection&&) noexcept = default;

Result<HttpResponse> HttpConnection::send(const ClientRequest& request) {
  return impl_->send(request);
}

Result<HttpResponse> fetch(std::string_view address, const ClientRequest& request) {
  PD_TRY(parsed, HttpAddress::parse(address));
  return HttpConnection(std::move(parsed)).send(request);
}

}  // namespace perdure

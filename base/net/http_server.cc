#include "base/net/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <list>

#include "base/log.h"
#include "base/net/listener.h"
#include "base/net/session.h"

// After session.h, which includes <utility> before Asio.
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/post.hpp>

namespace perdure {
namespace {

using boost::system::error_code;
using Acceptor =
    asio::basic_socket_acceptor<asio::generic::stream_protocol, asio::io_context::executor_type>;

// After a failed accept (too many open files) the next try waits: the cause does not pass at once.
constexpr auto accept_retry = std::chrono::milliseconds(100);
// So many connections are taken at a time: one a turn of the loop would let a busy server look
// unreachable, all of them would let its clients wait.
constexpr int accepted_at_once = 64;

// The bytes of the client's address; empty for a Unix socket.
std::string address_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  const auto bytes = [](const auto& of) {
    return std::string(reinterpret_cast<const char*>(&of), sizeof of);
  };
  if (address.ss_family == AF_INET) {
    return bytes(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  }
  if (address.ss_family == AF_INET6) {
    return bytes(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  return {};
}

int family_of(int fd) {
  int family = 0;
  socklen_t size = sizeof family;
  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family;
}

// One listening socket, on the first io thread.
struct Listener {
  Listener(asio::io_context& io, int fd, std::string listener_name)
      : acceptor(io.get_executor()),
        retry_timer(io),
        name(std::make_shared<const std::string>(std::move(listener_name))) {
    acceptor.assign(asio::generic::stream_protocol(family_of(fd), 0), fd);
    acceptor.non_blocking(true);
    is_unix = family_of(fd) == AF_UNIX;
  }

  Acceptor acceptor;
  asio::steady_timer retry_timer;
  std::shared_ptr<const std::string> name;
  bool is_unix = false;
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, HttpHandler& handler, const Clock& clock)
      : context_(new ServerContext{options, handler, clock}) {
    PD_ASSERT(options.threads > 0);
    for (int i = 0; i < options.threads; ++i) {
      threads_.push_back(std::make_shared<IoThread>(context_));
    }
    for (const auto& thread : threads_) thread->start();
  }

  // Takes the descriptor.
  void listen(int fd, std::string name) {
    PD_ASSERT(!stopped_);
    on_first_thread([&] {
      listeners_.emplace_back(threads_[0]->io(), fd, std::move(name));
      accept(listeners_.back());
    });
  }

  void stop(int grace_ms) {
    if (std::exchange(stopped_, true)) return;
    on_first_thread([this] { close_listeners(); });
    for (const auto& thread : threads_) thread->drain();
    {
      std::unique_lock lock(context_->mutex);
      context_->none_open.wait_for(lock, std::chrono::milliseconds(grace_ms),
                                   [this] { return context_->open_connections == 0; });
    }
    for (const auto& thread : threads_) thread->finish();
    for (const auto& thread : threads_) thread->join();
    listeners_.clear();
  }

 private:
  template <class Work>
  void on_first_thread(Work work) {
    std::promise<void> done;
    asio::post(threads_[0]->io(), [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  void close_listeners() {
    for (auto& listener : listeners_) {
      error_code ignored;
      listener.acceptor.close(ignored);
      listener.retry_timer.cancel();
      if (listener.is_unix) unlink(listener.name->c_str());
    }
  }

  void accept(Listener& listener) {
    if (!listener.acceptor.is_open()) return;
    auto& thread = threads_[next_thread_++ % threads_.size()];
    listener.acceptor.async_accept(thread->io(),
                                   [this, &listener, &thread](error_code error, Socket socket) {
                                     if (!listener.acceptor.is_open()) return;
                                     if (error) return accept_later(listener, error);
                                     begin(listener, thread, std::move(socket));
                                     accept_waiting(listener);
                                     accept(listener);
                                   });
  }

  void accept_waiting(Listener& listener) {
    for (int i = 1; i < accepted_at_once; ++i) {
      auto& thread = threads_[next_thread_ % threads_.size()];
      error_code error;
      Socket socket = listener.acceptor.accept(thread->io(), error);
      if (error) return;  // mostly: no more are waiting; the next accept tells what else
      ++next_thread_;
      begin(listener, thread, std::move(socket));
    }
  }

  void accept_later(Listener& listener, error_code error) {
    log_warning("cannot accept a connection: {}", error.message());
    listener.retry_timer.expires_after(accept_retry);
    listener.retry_timer.async_wait([this, &listener](error_code) { accept(listener); });
  }

  void begin(Listener& listener, const std::shared_ptr<IoThread>& thread, Socket socket) {
    std::string address = address_of(socket.native_handle());
    if (!context_->open_connection(address)) return;
    if (!listener.is_unix) {
      const int on = 1;
      setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    auto session =
        std::make_shared<Session>(thread, std::move(socket), listener.name, std::move(address));
    asio::post(thread->io(), [session = std::move(session)] { session->start(); });
  }

  const std::shared_ptr<ServerContext> context_;
  std::vector<std::shared_ptr<IoThread>> threads_;
  std::list<Listener> listeners_;  // of the first thread, until all have ended
  size_t next_thread_ = 0;
  bool stopped_ = false;
};

HttpServer::HttpServer(HttpServerOptions options, HttpHandler& handler, const Clock& clock)
    : impl_(std::make_unique<Impl>(options, handler, clock)) {}

HttpServer::~HttpServer() { stop(0); }

Result<uint16_t> HttpServer::listen_tcp(const std::string& host, uint16_t port) {
  PD_TRY(fd, open_tcp_listener(host, port));
  const uint16_t actual_port = port_of(fd);
  impl_->listen(fd, host + ":" + std::to_string(actual_port));
  return actual_port;
}

Result<> HttpServer::listen_unix(const std::string& path, unsigned mode) {
  PD_TRY(fd, open_unix_listener(path, mode));
  impl_->listen(fd, path);
  return {};
}

void HttpServer::stop(int grace_ms) { impl_->stop(grace_ms); }

}  // namespace perdure

#pragma once
// The HTTP/1.1 server, over TCP (loopback only) and Unix sockets. Safe to use from any thread
// unless said otherwise.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/busy_poll.h"
#include "base/clock.h"
#include "base/net/http.h"
#include "base/net/response_stream.h"

namespace perdure {

// How a body is to be taken. A body over the limit is answered by protocol_error(413).
struct BodyPlan {
  uint64_t limit_bytes = 0;
  std::unique_ptr<BodySink> sink;       // none: the body is gathered in HttpRequest::body
  std::optional<HttpResponse> refusal;  // answer at once, without reading the body
};

// Where one request's answer goes. Implemented by the connection; see Respond::with for tests.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void answer(HttpResponse response) = 0;
  virtual void on_disconnect(std::function<void()> callback) = 0;
};

// The right to answer one request, once, now or later, on any thread. Copies share it: the first
// answer counts, later ones are dropped. When the last copy goes without an answer, 500 is sent.
class Respond {
 public:
  explicit Respond(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  // Without a connection: the answer is passed to `take`, at most once.
  static Respond with(std::function<void(HttpResponse)> take);

  void operator()(HttpResponse response) const { exchange_->answer(std::move(response)); }
  // Runs `callback` once, on an io thread, if the client goes away before the answer; at once if
  // it has gone already; never after the answer. The last one set counts. It must not block. A
  // callback that owns a copy of this Respond keeps it until answer or departure.
  void on_disconnect(std::function<void()> callback) const {
    exchange_->on_disconnect(std::move(callback));
  }

 private:
  std::shared_ptr<Exchange> exchange_;
};

// All calls come on io threads, many at a time if there are many threads, and must not block long.
// An exception out of `handle` is logged and answered by 500.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Asked once the head of a request that has a body is read.
  virtual BodyPlan plan_body(const RequestHead& head) = 0;
  virtual void handle(HttpRequest request, Respond respond) = 0;
  // The answer to what the protocol refuses: 400 malformed, 408 too slow, 413, 431, 500 no answer,
  // 503. `head` is null where it could not be read or is no longer at hand. `why` is for the body,
  // in English.
  virtual HttpResponse protocol_error(int status, std::string_view why,
                                      const RequestHead* head) = 0;
};

struct HttpServerOptions {
  int threads = 1;
  std::shared_ptr<BusyPoll> busy_poll{};       // told of requests without an answer; null: none
  size_t head_limit_bytes = 8 * 1024;          // request line and fields; beyond: 431
  size_t max_connections = 10'000;             // further ones are closed at once
  size_t max_connections_per_address = 8'000;  // likewise; Unix sockets have no address
  // Bodies in memory, from the first byte until the answer; beyond: 503. A body over a MiB may only
  // use the first half, so that small requests pass beside large ones.
  uint64_t bodies_limit_bytes = 256 << 20;
  // An answer that tells to come back later (Retry-After) waits for its turn, and so does what the
  // client asks next: so many turns a second has each thread. Refusing a flood must not cost what
  // the admitted need, and a client that waits sends nothing that would be old when it is read.
  int refusals_per_s = 2'000;
  int head_timeout_ms = 10'000;  // first byte to end of head, and accept to end of first head
  int body_stall_ms = 30'000;    // without a byte of a body read, or of an answer taken
  int idle_timeout_ms = 60'000;  // between requests
  int linger_ms = 5'000;         // how long a closing connection may go on sending
};

class HttpServer {
 public:
  // `handler` and `clock` (of the Date field) outlive the server.
  HttpServer(HttpServerOptions options, HttpHandler& handler, const Clock& clock);
  ~HttpServer();  // stop(0)
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // `host` is a loopback address or "localhost"; another is refused (`denied`). Port 0 picks one.
  // Returns the port.
  Result<uint16_t> listen_tcp(const std::string& host, uint16_t port);
  // A socket file that nobody listens on is replaced; stop() removes it. `mode` are its
  // permissions.
  Result<> listen_unix(const std::string& path, unsigned mode = 0600);

  // Accepts nothing more, closes idle connections, lets running requests and streams finish for at
  // most `grace_ms`, then closes the rest and joins the threads. Respond objects may live on: their
  // answers are dropped. Not from an io thread; a second call does nothing.
  void stop(int grace_ms);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace perdure

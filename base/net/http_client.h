#pragma once
// A small blocking HTTP/1.1 client: for the command line, tests and benches. Not for engine
// threads.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/net/http.h"

namespace perdure {

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, percent-encoded
  HttpHeaders headers;       // Host and Content-Length are added where absent
  std::string body;
  int timeout_ms = 30'000;  // of the whole exchange, or with `on_piece` of each wait
  // Gets the body as it arrives instead of HttpResponse::body; false ends the exchange early (and
  // the connection, without an error).
  std::function<bool(std::string_view piece)> on_piece;
};

// Where a server listens: "http://127.0.0.1:4566" (a path behind it is ignored), or the path of a
// Unix socket as "unix:/run/perdure.sock".
struct HttpAddress {
  std::string host;
  uint16_t port = 80;
  std::string unix_path;  // if set, the other two do not count

  static Result<HttpAddress> parse(std::string_view text);
};

// A keep-alive connection, one request at a time. Errors: `unavailable` for a connection that is
// refused, breaks or times out, `invalid` for an answer that is not HTTP; after one the next send
// connects again. Nothing is ever sent twice.
class HttpConnection {
 public:
  explicit HttpConnection(HttpAddress address);
  ~HttpConnection();
  HttpConnection(HttpConnection&&) noexcept;
  HttpConnection& operator=(HttpConnection&&) noexcept;

  Result<HttpResponse> send(const ClientRequest& request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// One request on a connection of its own.
Result<HttpResponse> fetch(std::string_view address, const ClientRequest& request);

}  // namespace perdure

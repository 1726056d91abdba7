#pragma once
// HTTP messages as values. What travels between the socket code and everybody else.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/url.h"

namespace perdure {

class ResponseStream;

// Header fields in the order of the message. Names compare without regard to case.
class HttpHeaders {
 public:
  using Field = std::pair<std::string, std::string>;

  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

  std::optional<std::string_view> find(std::string_view name) const;  // the first of that name
  std::string_view get(std::string_view name, std::string_view otherwise = "") const;
  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  void set(std::string_view name, std::string value);  // replaces all of that name
  void remove(std::string_view name);
  size_t size() const { return fields_.size(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII

// Who is at the other end of a Unix socket, or (pid and gid 0) of TCP within this machine.
struct PeerCredentials {
  int pid = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
};

struct RequestHead {
  std::string method;
  std::string target;  // as sent: "/path?query", or "http://host/path?query"
  HttpHeaders headers;
  // What listen_tcp or listen_unix was called with: "127.0.0.1:4566" or the socket's path.
  std::shared_ptr<const std::string> listener;
  std::optional<PeerCredentials> peer;  // where the kernel tells
  // When the last byte of it came to this machine, UTC ms: at the earliest, for what it has waited
  // before it was read is bounded, not known. Set once the request is complete.
  int64_t arrived_ms = 0;

  std::string_view path() const;   // still percent-encoded, at least "/"
  std::string_view query() const;  // without the question mark, still encoded
  std::optional<std::string> decoded_path() const { return percent_decode(path()); }
  std::optional<QueryParameters> query_parameters() const { return parse_query(query()); }
};

// Takes a request body as it arrives, instead of memory. Used on one thread at a time; destroyed
// without having been handed to `handle` when the request broke off.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // An error refuses the request (413, 503, 400 or 500 by its kind).
  virtual Result<> write(std::string_view chunk) = 0;
};

struct HttpRequest : RequestHead {
  std::string body;                // empty where a sink took it
  std::unique_ptr<BodySink> sink;  // the one of the body plan, now complete
};

// Content-Length, Date, Connection and Transfer-Encoding are written by the server. Only in an
// answer to HEAD or beside a stream a Content-Length given here is kept; `Connection: close` is
// obeyed.
struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  std::shared_ptr<ResponseStream> stream;  // if set, the body comes from it, after `body`
};

std::string_view reason_phrase(int status);  // "OK", "Not Found"; "Unknown" for others

}  // namespace perdure

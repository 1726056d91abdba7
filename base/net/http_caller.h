#pragma once
// HTTP requests to others, many at a time on one thread: http and https, one connection a request.
// Nothing is sent twice, no redirect is followed.

#include <functional>
#include <memory>
#include <string>

#include "base/net/address_policy.h"
#include "base/net/http.h"
#include "base/net/http_url.h"

namespace perdure {

struct OutgoingRequest {
  std::string method = "GET";
  HttpUrl url;
  HttpHeaders headers;  // Host, Content-Length and Connection are added
  std::string body;
  int timeout_ms = 60'000;               // of the whole exchange, the name's lookup included
  uint64_t max_body_bytes = 256 * 1024;  // of the answer
  std::shared_ptr<const AddressPolicy> addresses;  // null: any may be reached
};

// The names of the errors of an exchange.
namespace call_error {
inline constexpr const char* name_not_resolved = "NameNotResolved";  // nothing was sent
inline constexpr const char* address_refused = "AddressRefused";     // the same
inline constexpr const char* connect_failed = "ConnectFailed";       // the same
inline constexpr const char* tls_failed = "TlsFailed";               // the same
inline constexpr const char* broken = "ConnectionBroken";
inline constexpr const char* timeout = "Timeout";
inline constexpr const char* bad_response = "BadResponse";
inline constexpr const char* body_too_large = "BodyTooLarge";
}  // namespace call_error

struct HttpCallerOptions {
  std::string ca_file;     // certificates that are trusted too, beside the system's; may be empty
  size_t max_open = 1024;  // exchanges at once; others wait for their turn
};

// Made by `main`; it has a thread of its own. Safe from any thread.
class HttpCaller {
 public:
  using Done = std::function<void(Result<HttpResponse>)>;
  using Cancel = std::function<void()>;

  static Result<std::unique_ptr<HttpCaller>> make(HttpCallerOptions options);
  ~HttpCaller();  // stop()
  HttpCaller(const HttpCaller&) = delete;
  HttpCaller& operator=(const HttpCaller&) = delete;

  // `done` is called once, on the caller's thread, unless the exchange is cancelled or the caller
  // stopped before.
  Cancel send(OutgoingRequest request, Done done);
  void stop();  // drops what is under way and joins the thread

 private:
  struct Impl;
  explicit HttpCaller(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace perdure

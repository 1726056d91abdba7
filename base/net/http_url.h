#pragma once
// An absolute URL of HTTP taken apart.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace perdure {

struct HttpUrl {
  bool secure = false;  // https
  std::string host;     // a name or an address, an IPv6 address without its brackets
  uint16_t port = 80;
  std::string path = "/";  // as written, still percent-encoded
  std::string query;       // without the question mark, the same

  // What a Host field says: the port only where it is not the scheme's own.
  std::string authority() const;
  std::string target() const { return query.empty() ? path : path + "?" + query; }
  std::string text() const { return (secure ? "https://" : "http://") + authority() + target(); }

  // A fragment is dropped. Refused (invalid, "InvalidUrl"): other schemes, no host, a user name,
  // characters that a request line cannot hold.
  static Result<HttpUrl> parse(std::string_view text);
};

}  // namespace perdure

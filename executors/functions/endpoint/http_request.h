#pragma once
// The part of HTTP/1.1 that workers speak, without I/O: bytes in, requests out; requests may follow
// each other without waiting (pipelining).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace perdure::executors {

struct HttpRequest {
  std::string method, path;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  bool too_large = false;  // the body was over the limit and has been thrown away

  std::string_view header(std::string_view lower_case_name) const;
};

class HttpRequestReader {
 public:
  explicit HttpRequestReader(size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  void push(std::string_view bytes) { buffer_.append(bytes); }
  // Nothing: more bytes are needed. An error is the end of the connection: no request can be told
  // from what follows. Bodies need a Content-Length.
  Result<std::optional<HttpRequest>> next();

 private:
  Result<bool> read_head();

  const size_t max_body_bytes_;
  std::string buffer_;
  std::optional<HttpRequest> request_;  // whose body is being read
  uint64_t missing_ = 0;                // bytes of it
};

// A response in one text; the length of the body is added.
std::string http_response(int status, std::string_view reason,
                          const std::vector<std::pair<std::string, std::string>>& headers,
                          std::string_view body);

}  // namespace perdure::executors

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

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method, path;
  HttpFields headers;  // names in lower case
  std::string body;
  HttpFields trailers;     // behind a body in chunks; names in lower case
  bool too_large = false;  // the body was over the limit and has been thrown away
  bool last = false;       // the peer wants the connection to end with the answer

  std::string_view header(std::string_view lower_case_name) const;
  std::string_view trailer(std::string_view lower_case_name) const;
};

class HttpRequestReader {
 public:
  explicit HttpRequestReader(size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  void push(std::string_view bytes);
  // Nothing: more bytes are needed. An error is the end of the connection: no request can be told
  // from what follows. A body has a Content-Length or comes in chunks.
  Result<std::optional<HttpRequest>> next();
  // After next() gave nothing: the request whose body is still coming, null if there is none. What
  // has come of the body may be taken from it, and does not count for the limit then.
  HttpRequest* unfinished() { return request_ ? &*request_ : nullptr; }
  bool pending() const { return !unread().empty(); }  // bytes that next() has not looked at
  // What it keeps in memory: those, and what has come of a body.
  size_t held_bytes() const { return unread().size() + (request_ ? request_->body.size() : 0); }
  // Bytes of all requests so far that are complete.
  uint64_t consumed() const { return consumed_; }

 private:
  enum class Stage : uint8_t { head, body, chunk_head, chunk, chunk_end, trailers, complete };
  // One step; false: more bytes are needed.
  Result<bool> advance();
  Result<bool> read_head();
  Result<bool> read_chunk_head();
  Result<bool> read_chunk_end();
  Result<bool> read_trailer();
  bool read_piece(Stage then);
  // A line without its end, taken from the buffer; nothing: it is not complete.
  Result<std::optional<std::string>> take_line();
  std::string_view unread() const { return std::string_view(buffer_).substr(start_); }
  void take(size_t bytes);

  const size_t max_body_bytes_;
  std::string buffer_;
  size_t start_ = 0;  // of what is unread: thousands of small requests may lie in one buffer
  Stage stage_ = Stage::head;
  std::optional<HttpRequest> request_;  // whose body is being read
  uint64_t missing_ = 0;                // bytes of it, or of its chunk
  size_t trailer_bytes_ = 0;
  uint64_t consumed_ = 0;
};

// A response in one text; the length of the body is added.
std::string http_response(int status, std::string_view reason, const HttpFields& headers,
                          std::string_view body);

}  // namespace perdure::executors

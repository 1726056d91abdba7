#pragma once
// HTTP/1.x messages out of bytes, without I/O: the caller feeds what it has read.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/net/http.h"

namespace perdure {

// Where the body of a message goes, piece by piece, chunked coding removed.
class BodyReceiver {
 public:
  virtual bool receive(std::string_view piece) = 0;  // false: the message is given up

 protected:
  ~BodyReceiver() = default;
};

struct ParseStep {
  enum class State {
    more,    // feed again once there is more data behind what was not consumed
    head,    // the head is complete, just now
    done,    // the message is complete; reset() before the next
    failed,  // see failure()
  };
  State state;
  size_t consumed;  // bytes of the data that are not to be fed again
};

struct ParseFailure {
  int status = 400;  // 431 for a head over the limit
  std::string why;
};

// What both kinds of messages have. After `failed` only reset() makes sense.
class MessageParser {
 public:
  virtual ~MessageParser() = default;
  virtual ParseStep feed(std::string_view data, BodyReceiver& body) = 0;
  virtual ParseStep feed_end() = 0;  // the peer sends no more: done or failed
  virtual void reset() = 0;
  virtual bool begun() const = 0;  // a byte of the message has been consumed or looked at
  virtual const ParseFailure& failure() const = 0;

  // Of a message whose head is complete.
  virtual HttpHeaders& headers() = 0;
  virtual bool has_body() const = 0;
  virtual std::optional<uint64_t> content_length() const = 0;
  virtual bool keep_alive() const = 0;
  virtual bool is_http_1_0() const = 0;
};

class RequestParser : public MessageParser {
 public:
  virtual std::string& method() = 0;
  virtual std::string& target() = 0;
};

class ResponseParser : public MessageParser {
 public:
  virtual int status() const = 0;
  // Before the first byte: the answer to a HEAD request has no body whatever its head says.
  virtual void expect_no_body() = 0;
};

std::unique_ptr<RequestParser> make_request_parser(size_t head_limit_bytes);
std::unique_ptr<ResponseParser> make_response_parser(size_t head_limit_bytes);

}  // namespace perdure

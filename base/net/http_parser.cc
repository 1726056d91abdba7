// Some of Beast's assertions are stricter than what peers may send: a last chunk that arrives byte
// by byte ends in `assert(n >= 5)`, although the code after it reads within bounds. No request may
// end the process, so they are off in this one file, the only user of Beast's parser.
#define BOOST_DISABLE_ASSERTS

#include "base/net/http_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace perdure {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

// A chunk's size line or the trailer must be complete within this many bytes.
constexpr size_t chunk_line_limit_bytes = 16 * 1024;

// The state of one message; Beast's parser can't be used twice.
template <bool is_request>
class OneMessage final : public http::basic_parser<is_request> {
 public:
  explicit OneMessage(size_t head_limit_bytes) : head_room_(head_limit_bytes) {
    this->header_limit(static_cast<uint32_t>(head_limit_bytes));
    this->body_limit(boost::none);
  }

  ParseStep feed(std::string_view data, BodyReceiver& body) {
    body_ = &body;
    return this->is_header_done() ? feed_body(data) : feed_head(data);
  }

  ParseStep feed_end() {
    ErrorCode error;
    if (!this->got_some()) return fail(http::error::partial_message, 0);
    if (!this->is_done()) this->put_eof(error);
    if (error) return fail(error, 0);
    return {ParseStep::State::done, 0};
  }

  std::string method, target;
  int status = 0;
  HttpHeaders headers;
  ParseFailure failure;
  bool has_body = false;
  bool is_http_1_1 = true;

 private:
  ParseStep feed_head(std::string_view data) {
    size_t used = 0;
    // Old clients send an empty line after a body (RFC 9112 §2.2).
    while (!this->got_some() && data.substr(used).starts_with("\r\n")) used += 2;
    const auto rest = data.substr(used);
    if (rest.empty() || (!this->got_some() && rest == "\r")) return {ParseStep::State::more, used};
    ErrorCode error;
    used += this->put(buffer_of(rest), error);
    if (error == http::error::need_more) return {ParseStep::State::more, used};
    if (error) return fail(error, used);
    return {ParseStep::State::head, used};
  }

  ParseStep feed_body(std::string_view data) {
    size_t used = 0;
    while (!this->is_done() && used < data.size()) {
      ErrorCode error;
      used += this->put(buffer_of(data.substr(used)), error);
      if (error == http::error::need_more) {
        if (data.size() - used <= chunk_line_limit_bytes) break;
        error = http::error::bad_chunk;
      }
      if (error) return fail(error, used);
    }
    return {this->is_done() ? ParseStep::State::done : ParseStep::State::more, used};
  }

  ParseStep fail(ErrorCode error, size_t used) {
    const bool head_too_large = error == http::error::header_limit;
    failure = ParseFailure{head_too_large ? 431 : 400, error.message()};
    return {ParseStep::State::failed, used};
  }

  static boost::asio::const_buffer buffer_of(std::string_view data) {
    return {data.data(), data.size()};
  }

  void on_request_impl(http::verb, string_view verb, string_view path, int version,
                       ErrorCode& error) override {
    is_http_1_1 = version >= 11;
    method.assign(verb.data(), verb.size());
    target.assign(path.data(), path.size());
    take_head_room(verb.size() + path.size(), error);
  }
  void on_response_impl(int code, string_view, int version, ErrorCode&) override {
    is_http_1_1 = version >= 11;
    status = code;
  }

  void on_field_impl(http::field, string_view name, string_view value, ErrorCode& error) override {
    take_head_room(name.size() + value.size() + 4, error);
    if (error || in_body_) return;  // fields of a trailer count, but nobody wants them
    headers.add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  // Beast limits what it holds at a time, which is not the whole of a head that trickles in.
  void take_head_room(size_t bytes, ErrorCode& error) {
    if (bytes > head_room_) {
      error = http::error::header_limit;
    } else {
      head_room_ -= bytes;
    }
  }

  void on_header_impl(ErrorCode& error) override {
    in_body_ = true;
    // Another coding than chunked as the last one leaves the length of a request unknown.
    if (is_request && !this->chunked() && headers.find("Transfer-Encoding")) {
      error = http::error::bad_transfer_encoding;
    }
    has_body = !this->is_done();
  }
  void on_body_init_impl(const boost::optional<uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(string_view piece, ErrorCode& error) override {
    return pass_on(piece, error);
  }
  void on_chunk_header_impl(uint64_t, string_view, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(uint64_t, string_view piece, ErrorCode& error) override {
    return pass_on(piece, error);
  }
  void on_finish_impl(ErrorCode&) override {}

  std::size_t pass_on(string_view piece, ErrorCode& error) {
    if (!body_->receive(std::string_view(piece.data(), piece.size()))) {
      error = http::error::body_limit;
    }
    return piece.size();
  }

  size_t head_room_;
  bool in_body_ = false;
  BodyReceiver* body_ = nullptr;  // of the current feed
};

template <class Base, bool is_request>
class Parser : public Base {
 public:
  explicit Parser(size_t head_limit_bytes) : head_limit_bytes_(head_limit_bytes) { reset(); }

  ParseStep feed(std::string_view data, BodyReceiver& body) override {
    return message_->feed(data, body);
  }
  ParseStep feed_end() override { return message_->feed_end(); }
  bool begun() const override { return message_->got_some(); }
  void reset() final { message_.emplace(head_limit_bytes_); }
  const ParseFailure& failure() const override { return message_->failure; }

  HttpHeaders& headers() override { return message_->headers; }
  bool has_body() const override { return message_->has_body; }
  std::optional<uint64_t> content_length() const override {
    const auto length = message_->content_length();
    return length ? std::optional<uint64_t>(*length) : std::nullopt;
  }
  bool keep_alive() const override { return message_->keep_alive(); }
  bool is_http_1_0() const override { return !message_->is_http_1_1; }

 protected:
  const size_t head_limit_bytes_;
  std::optional<OneMessage<is_request>> message_;
};

class RequestParserImpl final : public Parser<RequestParser, true> {
 public:
  using Parser::Parser;
  std::string& method() override { return message_->method; }
  std::string& target() override { return message_->target; }
};

class ResponseParserImpl final : public Parser<ResponseParser, false> {
 public:
  using Parser::Parser;
  int status() const override { return message_->status; }
  void expect_no_body() override { message_->skip(true); }
};

}  // namespace

std::unique_ptr<RequestParser> make_request_parser(size_t head_limit_bytes) {
  return std::make_unique<RequestParserImpl>(head_limit_bytes);
}

std::unique_ptr<ResponseParser> make_response_parser(size_t head_limit_bytes) {
  return std::make_unique<ResponseParserImpl>(head_limit_bytes);
}

}  // namespace perdure

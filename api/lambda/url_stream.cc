#include "api/lambda/url_stream.h"

#include <utility>

#include "api/http/answers.h"
#include "api/lambda/url_event.h"
#include "base/json.h"

namespace perdure::api {

namespace {

// An answer of this type begins with a JSON object that says status, headers and cookies, and eight
// zero bytes behind it (AWS: Lambda, "Response streaming"; Node's HttpResponseStream.from).
constexpr std::string_view with_prelude = "application/vnd.awslambda.http-integration-response";
constexpr std::string_view end_of_prelude{"\0\0\0\0\0\0\0\0", 8};
constexpr size_t max_prelude_bytes = 64 << 10;

bool has_no_body(int status) { return status == 204 || status == 304; }

}  // namespace

bool write_piece(ResponseStream& stream, std::string_view bytes,
                 const std::function<void()>& resume) {
  // Where nobody reads any more, the function need not wait for anybody.
  if (!stream.write(bytes) || stream.pending_bytes() < max_waiting_bytes) return true;
  stream.on_drained(resume);
  stream.on_closed(resume);
  return stream.pending_bytes() < max_waiting_bytes;  // it may have drained before that
}

void UrlStream::begin(HttpResponse response) {
  begun_ = true;
  // How long the body is shows when it ends.
  response.headers.remove("Content-Length");
  if (!has_no_body(response.status)) {
    stream_ = std::make_shared<ResponseStream>();
    response.stream = stream_;
  }
  send_(std::move(response));
}

// True once it is whole; what is behind it is left in `prelude_`.
bool UrlStream::read_prelude() {
  const size_t end = prelude_.find(end_of_prelude);
  if (end == std::string::npos && prelude_.size() <= max_prelude_bytes) return false;
  const auto json = parse_json(std::string_view(prelude_).substr(0, end));
  const bool whole = end != std::string::npos && json && json->is_object();
  HttpResponse head = whole ? url_head(*json) : url_failure();
  const bool failed = !head.body.empty();  // a head has none
  begin(std::move(head));
  if (failed) {
    if (stream_) stream_->end();
    stream_ = nullptr;
    return true;
  }
  prelude_.erase(0, end + end_of_prelude.size());
  return true;
}

bool UrlStream::piece(executors::AnswerPiece piece, const std::function<void()>& resume) {
  if (!begun_ && piece.content_type == with_prelude) {
    prelude_ += piece.bytes;
    if (!read_prelude()) return true;
    piece.bytes = std::exchange(prelude_, {});
  } else if (!begun_) {
    HttpResponse response;
    add_header(response, "Content-Type",
               piece.content_type.empty() ? "application/octet-stream" : piece.content_type);
    begin(std::move(response));
  }
  if (!stream_ || piece.bytes.empty()) return true;
  return write_piece(*stream_, piece.bytes, resume);
}

bool UrlStream::end(bool failed) {
  if (!begun_ && !failed && !prelude_.empty()) begin(url_failure());
  if (!begun_) return false;
  if (!stream_) return true;
  failed ? stream_->abort() : stream_->end();
  return true;
}

}  // namespace perdure::api

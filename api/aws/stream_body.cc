#include "api/aws/stream_body.h"

#include <atomic>
#include <utility>

#include "api/http/answers.h"
#include "base/log.h"
#include "base/net/response_stream.h"

namespace perdure::api {

namespace {

constexpr int64_t piece_bytes = 256 << 10;

// Owned by the stream, which lets go of it when it is over.
class Pump : public std::enable_shared_from_this<Pump> {
 public:
  Pump(std::shared_ptr<BodySource> source, std::weak_ptr<ResponseStream> stream)
      : source_(std::move(source)), stream_(std::move(stream)) {}

  // One piece on its way at a time, however often it is asked for.
  void more() {
    if (busy_.exchange(true)) return;
    source_->runner().post([self = shared_from_this()] { self->write_piece(); });
  }

 private:
  void write_piece() {
    const auto stream = stream_.lock();
    if (!stream) return;
    auto piece = source_->read(position_, piece_bytes);
    if (!piece || piece->empty()) {
      if (!piece) log_error("A body breaks off: {}", piece.error().cause);
      return stream->abort();
    }
    position_ += int64_t(piece->size());
    const bool last = position_ >= source_->size();
    // Before the write: as soon as it has been sent, the next one is asked for.
    if (!last) busy_ = false;
    if (!stream->write(*piece)) return;
    if (last) stream->end();
  }

  const std::shared_ptr<BodySource> source_;
  const std::weak_ptr<ResponseStream> stream_;
  int64_t position_ = 0;
  std::atomic<bool> busy_{false};
};

}  // namespace

void answer_from(std::shared_ptr<BodySource> source, HttpResponse& response) {
  const int64_t size = source->size();
  add_header(response, "Content-Length", std::to_string(size));
  if (size <= piece_bytes) {
    auto body = source->read(0, size);
    if (body) {
      response.body = std::move(*body);
      return;
    }
    log_error("A body cannot be read: {}", body.error().cause);
  }
  response.stream = std::make_shared<ResponseStream>();
  const auto pump = std::make_shared<Pump>(std::move(source), response.stream);
  response.stream->on_drained([pump] { pump->more(); });
}

}  // namespace perdure::api

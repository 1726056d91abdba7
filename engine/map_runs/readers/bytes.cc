#include "engine/map_runs/readers/bytes.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

namespace perdure::engine {
namespace {

constexpr int64_t piece_bytes = 256 << 10;
// Beyond what an execution may take as input, with room for spaces and escapes.
constexpr size_t max_item_bytes = 8 << 20;

class ContentBytes final : public Bytes {
 public:
  explicit ContentBytes(std::unique_ptr<ObjectContent> content) : content_(std::move(content)) {}
  Result<std::string> read(int64_t offset, int64_t length) override {
    return content_->read(offset, length);
  }

 private:
  const std::unique_ptr<ObjectContent> content_;
};

// Several gzip members may follow each other: they are one content.
class Gunzipped final : public Bytes {
 public:
  explicit Gunzipped(std::unique_ptr<Bytes> packed) : packed_(std::move(packed)) { begin(); }
  ~Gunzipped() override { inflateEnd(&stream_); }
  Gunzipped(const Gunzipped&) = delete;

  Result<std::string> read(int64_t offset, int64_t length) override {
    if (offset < position_) {
      inflateEnd(&stream_);
      begin();
    }
    while (position_ < offset) {
      PD_TRY(skipped, unpack(std::min(offset - position_, piece_bytes)));
      if (skipped.empty()) return std::string();
    }
    return unpack(length);
  }

 private:
  void begin() {
    constexpr int gzip_window = 15 + 16;
    stream_ = {};
    PD_ASSERT(inflateInit2(&stream_, gzip_window) == Z_OK);
    input_.clear();
    packed_at_ = position_ = 0;
    member_ended_ = false;
  }

  // Some bytes; none at the end.
  Result<std::string> unpack(int64_t length) {
    std::string out(static_cast<size_t>(length), '\0');
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(length);
    while (stream_.avail_out == static_cast<uInt>(length)) {
      if (stream_.avail_in == 0) {
        PD_CHECK(refill());
        if (input_.empty()) {
          if (member_ended_ || packed_at_ == 0) break;
          return item_reader_failed("The compressed file ends too early.");
        }
      }
      if (std::exchange(member_ended_, false)) inflateReset(&stream_);
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        member_ended_ = true;
      } else if (code != Z_OK) {
        return item_reader_failed("The file is not in the gzip format.");
      }
    }
    out.resize(static_cast<size_t>(length) - stream_.avail_out);
    position_ += static_cast<int64_t>(out.size());
    return out;
  }

  Result<> refill() {
    PD_TRY(input, packed_->read(packed_at_, piece_bytes));
    input_ = std::move(input);
    packed_at_ += static_cast<int64_t>(input_.size());
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(input_.size());
    return {};
  }

  std::unique_ptr<Bytes> packed_;
  z_stream stream_{};
  std::string input_;  // packed
  int64_t packed_at_ = 0;
  int64_t position_ = 0;  // of what comes next
  bool member_ended_ = false;
};

}  // namespace

std::unique_ptr<Bytes> content_bytes(std::unique_ptr<ObjectContent> content) {
  return std::make_unique<ContentBytes>(std::move(content));
}

std::unique_ptr<Bytes> gunzipped(std::unique_ptr<Bytes> packed) {
  return std::make_unique<Gunzipped>(std::move(packed));
}

Error item_reader_failed(std::string cause) {
  return Error{ErrorKind::runtime, "States.ItemReaderFailed", std::move(cause)};
}

void ByteCursor::seek(int64_t position) {
  window_.clear();
  at_ = 0;
  start_ = position;
  end_ = false;
}

Result<> ByteCursor::skip_mark() {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  while (rest().size() < mark.size()) {
    PD_TRY(longer, more());
    if (!longer) return {};
  }
  // What these begin is text of another encoding, which would be read as nonsense.
  if (rest().starts_with("\xFF\xFE") || rest().starts_with("\xFE\xFF")) {
    return item_reader_failed("The dataset is encoded in UTF-16; it must be encoded in UTF-8.");
  }
  if (rest().starts_with(mark)) skip(mark.size());
  return {};
}

Result<bool> ByteCursor::more() {
  if (end_) return false;
  if (window_.size() - at_ > max_item_bytes) {
    return Error{
        ErrorKind::runtime, "States.DataLimitExceeded",
        "An item of the dataset is larger than " + std::to_string(max_item_bytes) + " bytes."};
  }
  window_.erase(0, at_);
  start_ += static_cast<int64_t>(at_);
  at_ = 0;
  PD_TRY(piece, bytes_->read(start_ + static_cast<int64_t>(window_.size()), piece_bytes));
  end_ = piece.empty();
  window_ = window_.empty() ? std::move(piece) : std::move(window_) + piece;
  return !end_;
}

}  // namespace perdure::engine

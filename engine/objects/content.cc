#include "engine/objects/content.h"

#include <algorithm>
#include <utility>

#include "base/checksum.h"

namespace perdure::engine {
namespace {

// Up to here a content is gathered in memory: it costs one write at the end.
constexpr size_t small_bytes = 256 << 10;

class SegmentedContent final : public ObjectContent {
 public:
  SegmentedContent(Blobs& blobs, ObjectInfo info, std::vector<std::shared_ptr<void>> holds)
      : blobs_(blobs), info_(std::move(info)), holds_(std::move(holds)) {
    int64_t begin = 0;
    for (const Segment& segment : info_.segments) {
      begins_.push_back(begin);
      begin += segment.size;
    }
  }

  const ObjectInfo& info() const override { return info_; }

  Result<std::string> read(int64_t offset, int64_t length) override {
    length = std::clamp<int64_t>(info_.size - offset, 0, length);
    std::string bytes;
    while (length > 0) {
      PD_TRY(piece, read_segment(offset, length));
      if (piece.empty()) return internal_error("A blob of " + info_.key + " is too short.");
      offset += static_cast<int64_t>(piece.size());
      length -= static_cast<int64_t>(piece.size());
      bytes = bytes.empty() ? std::move(piece) : std::move(bytes) + piece;
    }
    return bytes;
  }

 private:
  // Up to the end of the segment.
  Result<std::string> read_segment(int64_t offset, int64_t length) {
    const auto behind = std::upper_bound(begins_.begin(), begins_.end(), offset);
    const auto index = static_cast<size_t>(behind - begins_.begin()) - 1;
    if (!reader_ || index != open_) {
      PD_TRY(reader, blobs_.open(info_.segments[index].blob));
      reader_ = std::move(reader);
      open_ = index;
    }
    const int64_t within = offset - begins_[index];
    return reader_->read(within, std::min(length, info_.segments[index].size - within));
  }

  Blobs& blobs_;
  const ObjectInfo info_;
  const std::vector<std::shared_ptr<void>> holds_;
  std::vector<int64_t> begins_;  // of each segment in the content
  std::unique_ptr<BlobReader> reader_;
  size_t open_ = 0;  // the segment that it reads
};

class BlobContentWriter final : public ContentWriter {
 public:
  explicit BlobContentWriter(Blobs& blobs) : blobs_(blobs), md5_(make_checksum("MD5")) {}

  Result<> write(std::string_view chunk) override {
    md5_->update(chunk);
    size_ += static_cast<int64_t>(chunk.size());
    if (!large_ && small_.size() + chunk.size() <= small_bytes) {
      small_ += chunk;
      return {};
    }
    if (!large_) {
      large_ = blobs_.writer();
      PD_CHECK(large_->write(std::exchange(small_, {})));
    }
    return large_->write(chunk);
  }

  Result<StoredContent> finish() override {
    StoredContent content;
    content.size = size_;
    content.md5 = md5_->finish();
    if (size_ > 0) {
      PD_TRY(hash, large_ ? large_->finish() : blobs_.put(small_));
      content.segments.push_back({std::move(hash), size_});
    }
    return content;
  }

 private:
  Blobs& blobs_;
  std::unique_ptr<Checksum> md5_;
  int64_t size_ = 0;
  std::string small_;                  // all of it, while it is small
  std::unique_ptr<BlobWriter> large_;  // then
};

}  // namespace

std::unique_ptr<ObjectContent> open_content(Blobs& blobs, ObjectInfo info) {
  std::vector<std::shared_ptr<void>> holds;
  for (const Segment& segment : info.segments) {
    auto hold = blobs.hold(segment.blob);
    if (!hold) return nullptr;
    holds.push_back(std::move(hold));
  }
  return std::make_unique<SegmentedContent>(blobs, std::move(info), std::move(holds));
}

std::unique_ptr<ContentWriter> content_writer(Blobs& blobs) {
  return std::make_unique<BlobContentWriter>(blobs);
}

}  // namespace perdure::engine

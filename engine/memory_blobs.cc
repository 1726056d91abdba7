#include <algorithm>
#include <map>
#include <mutex>

#include "base/hash.h"
#include "engine/blobs.h"

namespace perdure::engine {
namespace {

using SharedText = std::shared_ptr<const std::string>;

class TextReader final : public BlobReader {
 public:
  explicit TextReader(SharedText text) : text_(std::move(text)) {}
  int64_t size() const override { return static_cast<int64_t>(text_->size()); }
  Result<std::string> read(int64_t offset, int64_t length) override {
    const int64_t start = std::min(offset, size());
    return text_->substr(static_cast<size_t>(start), static_cast<size_t>(length));
  }

 private:
  const SharedText text_;
};

class TextWriter final : public BlobWriter {
 public:
  explicit TextWriter(Blobs& blobs) : blobs_(blobs) {}
  Result<> write(std::string_view piece) override {
    text_ += piece;
    return {};
  }
  Result<BlobHash> finish() override { return blobs_.put(text_); }

 private:
  Blobs& blobs_;
  std::string text_;
};

class MemoryBlobs final : public Blobs {
 public:
  Result<BlobHash> put(std::string_view content) override {
    BlobHash hash = hex(sha256(content));
    const std::lock_guard lock(mutex_);
    if (!blobs_.contains(hash)) blobs_[hash] = std::make_shared<const std::string>(content);
    return hash;
  }
  std::unique_ptr<BlobWriter> writer() override { return std::make_unique<TextWriter>(*this); }

  Result<std::string> get(const BlobHash& hash) override {
    PD_TRY(text, find(hash));
    return *text;
  }
  Result<std::unique_ptr<BlobReader>> open(const BlobHash& hash) override {
    PD_TRY(text, find(hash));
    return std::unique_ptr<BlobReader>(std::make_unique<TextReader>(std::move(text)));
  }

  std::optional<std::string> path(const BlobHash&) const override { return std::nullopt; }

  Result<std::vector<BlobHash>> list() override {
    const std::lock_guard lock(mutex_);
    std::vector<BlobHash> hashes;
    for (const auto& [hash, content] : blobs_) hashes.push_back(hash);
    return hashes;
  }

  Result<> remove(const BlobHash& hash) override {
    const std::lock_guard lock(mutex_);
    blobs_.erase(hash);
    return {};
  }

  std::shared_ptr<void> hold(const BlobHash& hash) override {
    auto text = find(hash);
    if (!text) return nullptr;
    return std::const_pointer_cast<std::string>(*text);
  }

  Result<int64_t> remove_unnamed(uint8_t, int64_t, const IsNamed&) override { return int64_t{0}; }

 private:
  Result<SharedText> find(const BlobHash& hash) {
    const std::lock_guard lock(mutex_);
    const auto found = blobs_.find(hash);
    if (found != blobs_.end()) return found->second;
    return Error{ErrorKind::not_found, "NotFound", "There is no blob " + hash + "."};
  }

  std::mutex mutex_;
  std::map<BlobHash, SharedText> blobs_;
};

}  // namespace

std::unique_ptr<Blobs> memory_blobs() { return std::make_unique<MemoryBlobs>(); }

}  // namespace perdure::engine

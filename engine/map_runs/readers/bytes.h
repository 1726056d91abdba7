#pragma once
// The bytes under an item reader, and a cursor over them that holds a bounded window.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "engine/objects/objects.h"

namespace perdure::engine {

// Blocks on the disk. For one thread at a time.
class Bytes {
 public:
  virtual ~Bytes() = default;
  // At least one byte unless the end is before `offset`.
  virtual Result<std::string> read(int64_t offset, int64_t length) = 0;
};

std::unique_ptr<Bytes> content_bytes(std::unique_ptr<ObjectContent> content);
// Unpacks gzip on the way. Reading on is cheap; to go back is to begin again.
std::unique_ptr<Bytes> gunzipped(std::unique_ptr<Bytes> packed);

// States.ItemReaderFailed, which ends a map run.
Error item_reader_failed(std::string cause);

class ByteCursor {
 public:
  explicit ByteCursor(std::unique_ptr<Bytes> bytes) : bytes_(std::move(bytes)) {}

  // What is at hand from the position on. Valid until the next call of more() or seek().
  std::string_view rest() const { return std::string_view(window_).substr(at_); }
  void skip(size_t count) { at_ += count; }
  Result<> skip_mark();  // of UTF-8, at the beginning of a text
  int64_t position() const { return start_ + static_cast<int64_t>(at_); }
  void seek(int64_t position);
  // Makes rest() longer; false at the end. States.DataLimitExceeded if an item is larger than any
  // state may take.
  Result<bool> more();
  // Something is at hand unless this is the end.
  Result<bool> fill() { return at_ < window_.size() ? Result<bool>(true) : more(); }

 private:
  std::unique_ptr<Bytes> bytes_;
  std::string window_;
  size_t at_ = 0;
  int64_t start_ = 0;  // of the window
  bool end_ = false;
};

}  // namespace perdure::engine

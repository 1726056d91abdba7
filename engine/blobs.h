#pragma once
// Content-addressed files: code packages, large payloads, what objects contain. A blob is on stable
// storage before the row that names it is written, so that a name never leads nowhere.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perdure::engine {

// SHA-256 of the content, 64 hexadecimal digits.
using BlobHash = std::string;

// A blob that stays as long as it is open, named or not. For one thread at a time.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual int64_t size() const = 0;  // bytes
  // Fewer bytes than asked for at the end only.
  virtual Result<std::string> read(int64_t offset, int64_t length) = 0;
};

// A blob that is too large for memory. Nothing is left of one that is destroyed without finish().
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual Result<> write(std::string_view piece) = 0;
  virtual Result<BlobHash> finish() = 0;  // once; as put()
};

// Safe from any thread. Calls block on the disk.
class Blobs {
 public:
  virtual ~Blobs() = default;
  // Returns once the content is on stable storage; the same content again costs one look-up.
  // `unavailable` if the disk is full.
  virtual Result<BlobHash> put(std::string_view content) = 0;
  virtual std::unique_ptr<BlobWriter> writer() = 0;
  virtual Result<std::string> get(const BlobHash& hash) = 0;                   // not_found
  virtual Result<std::unique_ptr<BlobReader>> open(const BlobHash& hash) = 0;  // not_found
  // The file that holds the content, to be read only; nothing for stores without files.
  virtual std::optional<std::string> path(const BlobHash& hash) const = 0;
  virtual Result<std::vector<BlobHash>> list() = 0;   // in byte order
  virtual Result<> remove(const BlobHash& hash) = 0;  // one that is not there is fine
  // Keeps the sweep from it for as long as the holder lives; null if it is not there.
  virtual std::shared_ptr<void> hold(const BlobHash& hash) = 0;
  // Removes those whose hash begins with the byte, that nobody has put since the moment, and that
  // nobody names or holds: how many. A put at the same time either saves its blob or writes it
  // anew. What writers have left behind goes too.
  using IsNamed = std::function<Result<bool>(const BlobHash& hash)>;
  virtual Result<int64_t> remove_unnamed(uint8_t first_byte, int64_t put_before_ms,
                                         const IsNamed& is_named) = 0;
};

// Files under `folder`/ab/abcd..., created when missing.
Result<std::unique_ptr<Blobs>> open_blobs(const std::string& folder);
// Without the moments of their puts: none is ever called unnamed.
std::unique_ptr<Blobs> memory_blobs();

}  // namespace perdure::engine

#pragma once
// Content-addressed files: code packages, large payloads. A blob is on stable storage before the
// row that names it is written, so that a name never leads nowhere.

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

// Safe from any thread. Calls block on the disk.
class Blobs {
 public:
  virtual ~Blobs() = default;
  // Returns once the content is on stable storage; the same content again costs one look-up.
  // `unavailable` if the disk is full.
  virtual Result<BlobHash> put(std::string_view content) = 0;
  virtual Result<std::string> get(const BlobHash& hash) = 0;  // not_found
  // The file that holds the content, to be read only; nothing for stores without files.
  virtual std::optional<std::string> path(const BlobHash& hash) const = 0;
  virtual Result<std::vector<BlobHash>> list() = 0;   // in byte order
  virtual Result<> remove(const BlobHash& hash) = 0;  // one that is not there is fine
  // Removes those whose hash begins with the byte, that nobody has put since the moment, and that
  // nobody names: how many. A put at the same time either saves its blob or writes it anew.
  using IsNamed = std::function<Result<bool>(const BlobHash& hash)>;
  virtual Result<int64_t> remove_unnamed(uint8_t first_byte, int64_t put_before_ms,
                                         const IsNamed& is_named) = 0;
};

// Files under `folder`/ab/abcd..., created when missing.
Result<std::unique_ptr<Blobs>> open_blobs(const std::string& folder);
// Without the moments of their puts: none is ever called unnamed.
std::unique_ptr<Blobs> memory_blobs();

}  // namespace perdure::engine

#include "engine/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <map>
#include <mutex>

#include "base/files.h"
#include "base/hash.h"

namespace perdure::engine {
namespace {

BlobHash hash_of(std::string_view content) { return hex(sha256(content)); }

Error unknown_blob(const BlobHash& hash) {
  return Error{ErrorKind::not_found, "NotFound", "There is no blob " + hash + "."};
}

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

class FileBlobs final : public Blobs {
 public:
  explicit FileBlobs(std::string folder) : folder_(std::move(folder)) {}

  Result<BlobHash> put(std::string_view content) override {
    BlobHash hash = hash_of(content);
    const std::string path = path_of(hash);
    if (renewed(path)) return hash;
    PD_CHECK(make_directories(folder_of(hash)));
    PD_CHECK(write_file_atomically(path, content));
    return hash;
  }

  Result<std::string> get(const BlobHash& hash) override {
    if (!is_hash(hash)) return unknown_blob(hash);
    auto content = read_file(path_of(hash));
    if (!content && content.error().kind == ErrorKind::not_found) return unknown_blob(hash);
    return content;
  }

  std::optional<std::string> path(const BlobHash& hash) const override { return path_of(hash); }

  Result<std::vector<BlobHash>> list() override {
    std::vector<BlobHash> hashes;
    PD_TRY(folders, list_directory(folder_));
    for (const std::string& folder : folders) {
      if (folder.size() != 2) continue;
      PD_TRY(files, list_directory(folder_ + "/" + folder));
      for (std::string& file : files) {
        if (is_hash(file)) hashes.push_back(std::move(file));
      }
    }
    return hashes;
  }

  Result<> remove(const BlobHash& hash) override {
    return is_hash(hash) ? remove_file(path_of(hash)) : Result<>();
  }

  Result<int64_t> remove_unnamed(uint8_t first_byte, int64_t put_before_ms,
                                 const IsNamed& is_named) override {
    const std::string folder = folder_ + "/" + hex(std::array{first_byte});
    if (!file_exists(folder)) return int64_t{0};
    PD_TRY(files, list_directory(folder));
    int64_t removed = 0;
    for (const std::string& file : files) {
      if (!is_hash(file)) continue;
      const std::lock_guard lock(mutex_);
      if (put_ms(folder + "/" + file) >= put_before_ms) continue;
      PD_TRY(named, is_named(file));
      if (named) continue;
      PD_CHECK(remove_file(folder + "/" + file));
      ++removed;
    }
    return removed;
  }

 private:
  // A blob that is there is put again by noting the moment.
  bool renewed(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0;
  }
  // INT64_MAX if it has gone.
  static int64_t put_ms(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return INT64_MAX;
    return int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000;
  }
  std::string folder_of(const BlobHash& hash) const { return folder_ + "/" + hash.substr(0, 2); }
  std::string path_of(const BlobHash& hash) const { return folder_of(hash) + "/" + hash; }

  const std::string folder_;
  std::mutex mutex_;  // a blob is renewed or removed, never both at once
};

class MemoryBlobs final : public Blobs {
 public:
  Result<BlobHash> put(std::string_view content) override {
    BlobHash hash = hash_of(content);
    const std::lock_guard lock(mutex_);
    blobs_.emplace(hash, content);
    return hash;
  }

  Result<std::string> get(const BlobHash& hash) override {
    const std::lock_guard lock(mutex_);
    const auto found = blobs_.find(hash);
    if (found == blobs_.end()) return unknown_blob(hash);
    return found->second;
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

  Result<int64_t> remove_unnamed(uint8_t, int64_t, const IsNamed&) override { return int64_t{0}; }

 private:
  std::mutex mutex_;
  std::map<BlobHash, std::string> blobs_;
};

}  // namespace

Result<std::unique_ptr<Blobs>> open_blobs(const std::string& folder) {
  PD_CHECK(make_directories(folder));
  return std::unique_ptr<Blobs>(std::make_unique<FileBlobs>(folder));
}

std::unique_ptr<Blobs> memory_blobs() { return std::make_unique<MemoryBlobs>(); }

}  // namespace perdure::engine

#include "engine/blobs.h"

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
    if (file_exists(path)) return hash;
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

 private:
  std::string folder_of(const BlobHash& hash) const { return folder_ + "/" + hash.substr(0, 2); }
  std::string path_of(const BlobHash& hash) const { return folder_of(hash) + "/" + hash; }

  const std::string folder_;
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

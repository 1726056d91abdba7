#include "engine/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <map>
#include <mutex>

#include "base/checksum.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/open_file.h"

namespace perdure::engine {
namespace {

Error unknown_blob(const BlobHash& hash) {
  return Error{ErrorKind::not_found, "NotFound", "There is no blob " + hash + "."};
}

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

// INT64_MAX if it has gone.
int64_t changed_ms(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return INT64_MAX;
  return int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

// How often each blob is held. Shared with the holders, which may outlive the blobs.
class Holds : public std::enable_shared_from_this<Holds> {
 public:
  std::shared_ptr<void> take(const BlobHash& hash) {
    {
      const std::lock_guard lock(mutex_);
      ++counts_[hash];
    }
    // Points to something, because a null one says that there is no blob.
    return {this, [self = shared_from_this(), hash](void*) { self->give_back(hash); }};
  }
  bool has(const BlobHash& hash) const {
    const std::lock_guard lock(mutex_);
    return counts_.contains(hash);
  }

 private:
  void give_back(const BlobHash& hash) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(hash);
    if (--found->second == 0) counts_.erase(found);
  }

  mutable std::mutex mutex_;
  std::map<BlobHash, int> counts_;
};

class FileBlobReader final : public BlobReader {
 public:
  FileBlobReader(OpenFile file, int64_t size) : file_(std::move(file)), size_(size) {}
  int64_t size() const override { return size_; }
  Result<std::string> read(int64_t offset, int64_t length) override {
    return file_.read(offset, length);
  }

 private:
  OpenFile file_;
  const int64_t size_;
};

class FileBlobs final : public Blobs {
 public:
  explicit FileBlobs(std::string folder) : folder_(std::move(folder)) {}

  Result<BlobHash> put(std::string_view content) override {
    BlobHash hash = hex(sha256(content));
    const std::string path = path_of(hash);
    if (renewed(path)) return hash;
    PD_CHECK(make_directories(folder_of(hash)));
    PD_CHECK(write_file_atomically(path, content));
    return hash;
  }

  std::unique_ptr<BlobWriter> writer() override;

  Result<std::string> get(const BlobHash& hash) override {
    if (!is_hash(hash)) return unknown_blob(hash);
    auto content = read_file(path_of(hash));
    if (!content && content.error().kind == ErrorKind::not_found) return unknown_blob(hash);
    return content;
  }

  Result<std::unique_ptr<BlobReader>> open(const BlobHash& hash) override {
    if (!is_hash(hash)) return unknown_blob(hash);
    auto file = OpenFile::read_only(path_of(hash));
    if (!file && file.error().kind == ErrorKind::not_found) return unknown_blob(hash);
    if (!file) return std::move(file).error();
    PD_TRY(size, file->size());
    return std::unique_ptr<BlobReader>(std::make_unique<FileBlobReader>(std::move(*file), size));
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

  std::shared_ptr<void> hold(const BlobHash& hash) override {
    const std::lock_guard lock(mutex_);
    if (!is_hash(hash) || !file_exists(path_of(hash))) return nullptr;
    return holds_->take(hash);
  }

  Result<int64_t> remove_unnamed(uint8_t first_byte, int64_t put_before_ms,
                                 const IsNamed& is_named) override {
    PD_CHECK(remove_unfinished(put_before_ms));
    const std::string folder = folder_ + "/" + hex(std::array{first_byte});
    if (!file_exists(folder)) return int64_t{0};
    PD_TRY(files, list_directory(folder));
    int64_t removed = 0;
    for (const std::string& file : files) {
      if (!is_hash(file)) continue;
      const std::lock_guard lock(mutex_);
      if (changed_ms(folder + "/" + file) >= put_before_ms || holds_->has(file)) continue;
      PD_TRY(named, is_named(file));
      if (named) continue;
      PD_CHECK(remove_file(folder + "/" + file));
      ++removed;
    }
    return removed;
  }

  std::string unfinished_folder() const { return folder_ + "/unfinished"; }
  // A file that is complete and on stable storage gets its name.
  Result<> adopt(const std::string& file, const BlobHash& hash);

 private:
  // A blob that is there is put again by noting the moment.
  bool renewed(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0;
  }
  // Each piece that is written counts as a sign of life.
  Result<> remove_unfinished(int64_t written_before_ms) {
    if (!file_exists(unfinished_folder())) return {};
    PD_TRY(files, list_directory(unfinished_folder()));
    for (const std::string& file : files) {
      const std::string path = unfinished_folder() + "/" + file;
      if (changed_ms(path) < written_before_ms) PD_CHECK(remove_file(path));
    }
    return {};
  }
  std::string folder_of(const BlobHash& hash) const { return folder_ + "/" + hash.substr(0, 2); }
  std::string path_of(const BlobHash& hash) const { return folder_of(hash) + "/" + hash; }

  const std::string folder_;
  const std::shared_ptr<Holds> holds_ = std::make_shared<Holds>();
  std::mutex mutex_;  // a blob is renewed, held or removed, never two of them at once
};

class FileBlobWriter final : public BlobWriter {
 public:
  explicit FileBlobWriter(FileBlobs& blobs) : blobs_(blobs), sha256_(make_checksum("SHA256")) {}
  ~FileBlobWriter() override {
    if (file_) (void)remove_file(file_->path());
  }

  Result<> write(std::string_view piece) override {
    PD_CHECK(begin());
    sha256_->update(piece);
    return file_->append(piece);
  }

  Result<BlobHash> finish() override {
    PD_CHECK(begin());
    PD_CHECK(file_->sync());
    BlobHash hash = hex(sha256_->finish());
    PD_CHECK(blobs_.adopt(file_->path(), hash));
    file_.reset();
    return hash;
  }

 private:
  Result<> begin() {
    if (file_) return {};
    static std::atomic<uint64_t> counter{0};
    PD_CHECK(make_directories(blobs_.unfinished_folder()));
    PD_TRY(file, OpenFile::create(blobs_.unfinished_folder() + "/" + std::to_string(getpid()) +
                                  "-" + std::to_string(changed_ms(blobs_.unfinished_folder())) +
                                  "-" + std::to_string(++counter)));
    file_ = std::move(file);
    return {};
  }

  FileBlobs& blobs_;
  std::unique_ptr<Checksum> sha256_;
  std::optional<OpenFile> file_;
};

std::unique_ptr<BlobWriter> FileBlobs::writer() { return std::make_unique<FileBlobWriter>(*this); }

Result<> FileBlobs::adopt(const std::string& file, const BlobHash& hash) {
  const std::string path = path_of(hash);
  if (renewed(path)) return remove_file(file);
  PD_CHECK(make_directories(folder_of(hash)));
  (void)renewed(file);  // written long ago, perhaps
  if (rename(file.c_str(), path.c_str()) != 0) return system_error("rename to", path, errno);
  return sync_directory(folder_of(hash));
}

}  // namespace

Result<std::unique_ptr<Blobs>> open_blobs(const std::string& folder) {
  PD_CHECK(make_directories(folder));
  return std::unique_ptr<Blobs>(std::make_unique<FileBlobs>(folder));
}

}  // namespace perdure::engine

#pragma once
// A file that is read or written piece by piece. Errors as in base/files.h.

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace perdure {

class OpenFile {
 public:
  static Result<OpenFile> read_only(const std::string& path);
  static Result<OpenFile> create(const std::string& path);  // conflict if it exists
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    return *this;
  }

  const std::string& path() const { return path_; }
  Result<int64_t> size() const;  // bytes
  // Fewer bytes than asked for at the end of the file only.
  Result<std::string> read(int64_t offset, int64_t length) const;
  Result<> append(std::string_view piece);
  Result<> sync();  // what was appended is on stable storage

 private:
  OpenFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  std::string path_;
};

}  // namespace perdure

#pragma once
// One process at a time uses a data folder.

#include <memory>
#include <string>

#include "base/result.h"

namespace perdure::engine {

// Held until it is destroyed; the system gives it back at the end of the process.
class FolderLock {
 public:
  // The folder exists. Errors: conflict if another process holds it.
  static Result<std::unique_ptr<FolderLock>> take(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace perdure::engine

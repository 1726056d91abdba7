#pragma once
// Waits until something in some folders has been written, made, moved or removed.

#include <map>
#include <set>
#include <string>

#include "base/result.h"

namespace perdure::api::cli {

class FileWatch {
 public:
  FileWatch() = default;
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // From now on these folders are watched, and no others. "" is the current one.
  Result<> watch(const std::set<std::string>& folders);
  // The files that changed, as FOLDER/NAME, once nothing more has changed for `quiet_ms`. Blocks;
  // empty if a signal came.
  std::set<std::string> wait(int quiet_ms);

 private:
  void read_events(std::set<std::string>& changed);
  int fd_ = -1;
  std::map<int, std::string> folders_;  // by watch
};

}  // namespace perdure::api::cli
